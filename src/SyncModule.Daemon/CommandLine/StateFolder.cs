namespace SyncModule.Daemon.CommandLine;

/// <summary>State outside the vault's folder: $XDG_STATE_HOME/syncmodule, moved by SYNCMODULE_HOME.</summary>
internal static class StateFolder
{
    public static string? Path
    {
        get
        {
            if (Variable("SYNCMODULE_HOME") is { } moved) return System.IO.Path.GetFullPath(moved);
            // A relative path in XDG variables is to be ignored (XDG Base Directory Specification).
            if (Variable("XDG_STATE_HOME") is { } state && System.IO.Path.IsPathRooted(state)) return System.IO.Path.Combine(state, "syncmodule");
            if (OperatingSystem.IsWindows()) return Under(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "SyncModule");
            return Under(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "syncmodule");
        }
    }

    // Without a home there is no such state; it is never needed for correctness.
    private static string? Under(string home, params string[] parts) => home.Length == 0 ? null : System.IO.Path.Combine([home, .. parts]);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
