namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// Who has index.db open: every opener holds a lock file shared; who gets it alone knows that nobody else is there, not even in a
/// process that was killed (the system drops its locks). The file is never deleted: two lock files of one name exclude nobody.
/// </summary>
internal static class OpenersLock
{
    /// <summary>Waits while somebody holds it alone, which is as long as a flush of the index takes.</summary>
    public static IDisposable Share(string path, TimeSpan wait)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            if (TryOpen(path, FileShare.Read) is { } handle) return handle;
            if (Environment.TickCount64 - start > wait.TotalMilliseconds) throw SyncErrors.VaultBusy.With($"{Path.GetFileName(path)} is held by another process");
            Thread.Sleep(2);
        }
    }

    /// <summary>Null if anybody holds it, in this process or another.</summary>
    public static IDisposable? TryAlone(string path) => TryOpen(path, FileShare.None);

    // .NET takes flock(2), shared or exclusive by the share mode, per handle; on Windows the share mode itself does the same.
    private static FileStream? TryOpen(string path, FileShare share)
    {
        try
        {
            if (!File.Exists(path)) Create(path);
            return new FileStream(path, FileMode.Open, FileAccess.Read, share, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            throw SyncErrors.VaultReadOnly.With($"{Path.GetFileName(path)} cannot be opened", e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw SyncErrors.VaultReadOnly.With($"{Path.GetFileName(path)} cannot be made", e);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, options).Dispose();
    }
}
