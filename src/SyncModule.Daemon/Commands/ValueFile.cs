using SyncModule.Daemon.CommandLine;

namespace SyncModule.Daemon.Commands;

/// <summary>A file whose content becomes a value.</summary>
internal static class ValueFile
{
    /// <exception cref="SyncException"><see cref="SyncErrors.FileNotFound"/>.</exception>
    /// <exception cref="CommandFailure">It is a folder, or may not be read.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw SyncErrors.FileNotFound.With($"There is no file {path}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Directory.Exists(path)
                ? new CommandFailure(SyncErrors.FileNotFound, $"{path} is a folder", "Bring folders in with: mirord import VAULT FOLDER")
                : new CommandFailure(SyncErrors.FileUnreadable, $"{path} could not be read", "Check its permissions, then try again");
        }
    }
}
