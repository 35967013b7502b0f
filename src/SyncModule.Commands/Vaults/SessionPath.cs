using System.Management.Automation;

namespace SyncModule.Commands.Vaults;

/// <summary>Paths as the session means them: relative to its location, with ~ and drives, without wildcards.</summary>
internal static class SessionPath
{
    private const string FileSystemPrefix = @"Microsoft.PowerShell.Core\FileSystem::";

    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: the path is not one of the file system.</exception>
    public static string Of(PSCmdlet cmdlet, string path)
    {
        // What Get-ChildItem gives, thousands at a time: a full path that needs no drive.
        if (path.StartsWith(FileSystemPrefix, StringComparison.Ordinal) && Path.IsPathFullyQualified(path.AsSpan(FileSystemPrefix.Length))) return path[FileSystemPrefix.Length..];
        try
        {
            string full = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            if (provider.Name == "FileSystem") return full;
            if (Path.IsPathRooted(path)) return Path.GetFullPath(path);
        }
        catch (Exception e) when (e is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or NotSupportedException or ArgumentException)
        {
            throw SyncErrors.UsageWrong.With($"'{path}' is no path of the file system", e);
        }

        throw SyncErrors.UsageWrong.With($"'{path}' is no path of the file system");
    }
}
