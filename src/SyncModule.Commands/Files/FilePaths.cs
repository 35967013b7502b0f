using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Files;

/// <summary>Files that a person names: as the letters stand when there is such a file, because names may hold brackets; else by wildcards.</summary>
internal static class FilePaths
{
    /// <returns>Full paths; none when wildcards match nothing.</returns>
    /// <exception cref="SyncException"><see cref="SyncErrors.FileNotFound"/>, <see cref="SyncErrors.UsageWrong"/>.</exception>
    public static IReadOnlyList<string> Resolve(PSCmdlet cmdlet, string path)
    {
        string literal = SessionPath.Of(cmdlet, path);
        if (Path.Exists(literal) || new FileInfo(literal).LinkTarget is not null || !WildcardPattern.ContainsWildcardCharacters(path)) return [literal];
        _ = NamePattern.Of(path); // the provider takes what is no pattern for one that matches nothing
        try
        {
            return [.. cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _)];
        }
        catch (ItemNotFoundException e)
        {
            throw SyncErrors.FileNotFound.With($"There is no file '{path}'", e);
        }
    }
}
