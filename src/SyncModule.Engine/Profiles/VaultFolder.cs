namespace SyncModule.Engine.Profiles;

/// <summary>Paths of vault folders, compared as the folders that they lead to.</summary>
public static class VaultFolder
{
    private static readonly StringComparison Comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Absolute, without a separator at its end, a link at its end followed: two names of one folder are one vault.</summary>
    public static string Canonical(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            return Directory.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName is { } target ? Path.TrimEndingDirectorySeparator(target) : full;
        }
        catch (IOException)
        {
            return full; // Not there, or a circle of links: opening it says what is wrong.
        }
    }

    /// <summary>True when the path leads to something below the folder.</summary>
    public static bool Holds(string folder, string path) => Canonical(path).StartsWith(Canonical(folder) + Path.DirectorySeparatorChar, Comparison);

    public static bool Same(string left, string right) => string.Equals(Canonical(left), Canonical(right), Comparison);
}
