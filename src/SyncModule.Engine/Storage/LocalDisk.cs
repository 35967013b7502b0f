namespace SyncModule.Engine.Storage;

/// <summary>Opens a real folder as a disk, with the implementation of this operating system.</summary>
public static class LocalDisk
{
    /// <summary>
    /// Opens an existing folder (<see cref="DiskFailure.NotFound"/> otherwise); with <paramref name="create"/> it is made first, 0700.
    /// </summary>
    public static IDisk Open(string root, bool create = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Environment.Is64BitProcess) throw new PlatformNotSupportedException("Storage needs a 64-bit process.");
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return OperatingSystem.IsWindows() ? new WindowsDisk(full, create) : new UnixDisk(full, create);
    }

    /// <summary>Waits for a lock by asking again, at growing intervals; flock has no timeout of its own.</summary>
    internal static IDisposable WaitForLock(IDisk disk, string path, TimeSpan timeout, bool shared)
    {
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        for (int pause = 0; ; pause = Math.Min(pause + 1, 20))
        {
            if (disk.TryLock(path, shared) is { } held) return held;
            long left = deadline - Environment.TickCount64;
            if (left <= 0) throw SyncErrors.VaultBusy.With($"'{path}' was locked by another process for {timeout.TotalSeconds:0.#} s");
            if (pause < 3) Thread.Yield();
            else Thread.Sleep((int)Math.Min(left, pause));
        }
    }
}
