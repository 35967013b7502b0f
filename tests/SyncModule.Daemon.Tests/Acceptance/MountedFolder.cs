namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A folder with a file system of its own in it. Unmounted at the end, before the folder is removed.</summary>
public sealed class MountedFolder : IDisposable
{
    private MountedFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>A small disk in memory: it is full soon.</summary>
    public static MountedFolder Small(string path, string size)
    {
        Directory.CreateDirectory(path);
        Shell.Run("mount", "-t", "tmpfs", "-o", "size=" + size, "none", path);
        return new MountedFolder(path);
    }

    /// <summary>The folder once more, and nobody may write through this path, not even root.</summary>
    public static MountedFolder ReadOnly(string path)
    {
        Shell.Run("mount", "--bind", path, path);
        var mounted = new MountedFolder(path);
        Shell.Run("mount", "-o", "remount,bind,ro", path);
        return mounted;
    }

    public void Dispose() => Shell.Run("umount", Path);
}
