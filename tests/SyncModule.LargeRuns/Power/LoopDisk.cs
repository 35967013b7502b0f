using System.Diagnostics;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Power;

/// <summary>
/// A real ext4 file system whose disk can be copied at one instant: its blocks stand in a file of a second file system, XFS, which clones
/// files without touching the one that is written. The loop device writes past the page cache, so a clone holds what the kernel had sent to
/// the disk by then and nothing else; mounted, it comes up as after a power cut, journal and all. Needs root, loop devices and xfsprogs.
/// </summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly string _root;
    private readonly Stack<Action> _undo = new();

    /// <param name="scratch">An existing folder.</param>
    public LoopDisk(string scratch)
    {
        _root = Directory.CreateDirectory(Path.Combine(scratch, "power-" + Guid.NewGuid().ToString("N"))).FullName;
        _undo.Push(() => Directory.Delete(_root, recursive: true));
        try
        {
            string outer = Path.Combine(_root, "outer.img"), holder = Directory.CreateDirectory(Path.Combine(_root, "holder")).FullName;
            Run("truncate", "-s", "1G", outer);
            Run("mkfs.xfs", "-q", "-m", "reflink=1", outer);
            Mount(outer, holder, direct: false);
            Image = Path.Combine(holder, "disk.img");
            Run("truncate", "-s", "192M", Image);
            Run("mkfs.ext4", "-q", Image);
            Folder = Directory.CreateDirectory(Path.Combine(_root, "disk")).FullName;
            Mount(Image, Folder, direct: true);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the file system is mounted.</summary>
    public string Folder { get; } = "";

    private string Image { get; } = "";

    /// <summary>Null where such a disk can be made, else why not.</summary>
    public static string? Problem(string scratch)
    {
        try
        {
            using var disk = new LoopDisk(scratch);
            using var cut = disk.Cut();
            return null;
        }
        catch (Exception e) when (e is Violation or System.ComponentModel.Win32Exception)
        {
            return e.Message;
        }
    }

    /// <summary>What the disk holds at this instant.</summary>
    public CutImage Cut()
    {
        string image = Path.Combine(Path.GetDirectoryName(Image)!, "cut-" + Guid.NewGuid().ToString("N"));
        Run("cp", "--reflink=always", Image, image);
        return new CutImage(image, Directory.CreateDirectory(image + ".at").FullName);
    }

    public void Dispose()
    {
        while (_undo.TryPop(out var undo)) undo();
    }

    internal static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new Violation($"{program} ended with {process.ExitCode}: {error.Result.Trim()}");
    }

    private void Mount(string image, string folder, bool direct)
    {
        string device = Run("losetup", "-f", "--show", direct ? "--direct-io=on" : "--direct-io=off", image);
        _undo.Push(() => Run("losetup", "-d", device));
        Run("mount", device, folder);
        _undo.Push(() => Run("umount", folder));
    }
}

/// <summary>A copy of the disk. Disposing unmounts and deletes it.</summary>
internal sealed class CutImage(string image, string folder) : IDisposable
{
    private bool _mounted;

    /// <summary>Where it is mounted.</summary>
    public string Folder => folder;

    /// <summary>As the machine does when it starts again; the file system's journal is played back.</summary>
    public void Mount()
    {
        LoopDisk.Run("mount", "-o", "loop", image, folder);
        _mounted = true;
    }

    public void Dispose()
    {
        if (_mounted) LoopDisk.Run("umount", folder);
        Directory.Delete(folder);
        File.Delete(image);
    }
}
