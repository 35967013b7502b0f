using System.Diagnostics;
using System.Runtime.Versioning;

namespace SyncModule.Engine.Tests.Files;

/// <summary>A small file system in memory, mounted on a folder.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TemporaryDisk : IDisposable
{
    private readonly string _folder;

    public TemporaryDisk(string folder, string size)
    {
        _folder = folder;
        TestTree.Shell("mount -t tmpfs -o size=$2 syncmodule-test \"$1\"", folder, size);
    }

    public void Grow(string size) => TestTree.Shell("mount -o remount,size=$2 \"$1\"", _folder, size);

    public void Dispose() => TestTree.Shell("umount -l \"$1\"", _folder);
}

/// <summary>A test that mounts a file system, which only root may.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TemporaryDiskFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> CanMount = new(Probe);

    public TemporaryDiskFactAttribute()
    {
        if (!CanMount.Value) Skip = "A small file system can be mounted by root on Linux only.";
    }

    private static bool Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return false;
        string folder = Directory.CreateTempSubdirectory("syncmodule-mount-").FullName;
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "mount -t tmpfs -o size=64k syncmodule-test \"$1\" 2>/dev/null && umount \"$1\"", "sh", folder]))!;
        process.WaitForExit();
        Directory.Delete(folder);
        return process.ExitCode == 0;
    }
}
