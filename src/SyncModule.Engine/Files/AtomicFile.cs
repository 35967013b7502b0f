namespace SyncModule.Engine.Files;

/// <summary>Writes a file that appears whole or not at all, readable by its owner alone from the first byte on.</summary>
public static class AtomicFile
{
    /// <summary>Refuses what a file must not replace, before any work is done.</summary>
    public static void CheckTarget(string path)
    {
        string full = Path.GetFullPath(path);
        if (path.Length == 0 || Directory.Exists(full) || Path.EndsInDirectorySeparator(path)) throw SyncErrors.FileExists.With($"{path} is a folder");
        if (!Directory.Exists(Path.GetDirectoryName(full))) throw SyncErrors.FileNotFound.With($"There is no folder {Path.GetDirectoryName(full)}");
    }

    public static void Write(string path, Action<Stream> write)
    {
        CheckTarget(path);
        string full = Path.GetFullPath(path);
        if (IsDevice(full))
        {
            using var device = new FileStream(full, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            write(device);
            return;
        }

        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(temporary);
            throw SyncErrors.FileUnwritable.With($"{path} could not be written", e);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    // A rename over /dev/null would take it away from everybody. /dev/shm is a folder for files.
    private static bool IsDevice(string full) =>
        !OperatingSystem.IsWindows() && !full.StartsWith("/dev/shm/", StringComparison.Ordinal) && (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal));

    private static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report.
        }
    }
}
