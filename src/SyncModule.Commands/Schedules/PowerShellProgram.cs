namespace SyncModule.Commands.Schedules;

/// <summary>How another process starts this PowerShell and finds this module in it.</summary>
internal static class PowerShellProgram
{
    private static readonly StringComparison Comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>
    /// pwsh, absolute. The one of PATH when it leads to this PowerShell, because that path stays when PowerShell is updated; a host
    /// that is not pwsh has one in its $PSHOME.
    /// </summary>
    public static string Of(string home)
    {
        string name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        string own = Path.Combine(home, name);
        // The Store's PowerShell lies in a folder of its version; its alias is a link that cannot be followed.
        bool ofStore = home.Contains(@"\WindowsApps\", StringComparison.OrdinalIgnoreCase);
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathRooted))
        {
            string candidate = Path.Combine(folder, name);
            if (!File.Exists(candidate)) continue;
            if (ofStore || string.Equals(Target(candidate), Target(own), Comparison)) return candidate;
        }

        return own;
    }

    /// <summary>What Import-Module finds without a profile: the name when the module lies where PowerShell always looks, else the manifest.</summary>
    public static string NameOfModule(string moduleBase)
    {
        string manifest = Path.Combine(moduleBase, "SyncModule.psd1");
        string parent = Path.GetDirectoryName(moduleBase) ?? "";
        // Installed modules have a folder of their version, which goes with the next update.
        if (Version.TryParse(Path.GetFileName(moduleBase), out _)) parent = Path.GetDirectoryName(parent) ?? "";
        return Standard().Any(f => string.Equals(Path.TrimEndingDirectorySeparator(f), Path.TrimEndingDirectorySeparator(parent), Comparison)) ? "SyncModule" : manifest;
    }

    private static IEnumerable<string> Standard()
    {
        if (OperatingSystem.IsWindows())
        {
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.MyDocuments), "PowerShell", "Modules");
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PowerShell", "Modules");
            yield break;
        }

        // PowerShell follows XDG_DATA_HOME, which a scheduler does not set.
        yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "powershell", "Modules");
        yield return "/usr/local/share/powershell/Modules";
    }

    private static string Target(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (IOException)
        {
            return Path.GetFullPath(path);
        }
    }
}
