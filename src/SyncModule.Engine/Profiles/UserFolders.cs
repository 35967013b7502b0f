namespace SyncModule.Engine.Profiles;

/// <summary>Where a user's state and configuration stand outside the vaults' folders. SYNCMODULE_HOME moves both.</summary>
public static class UserFolders
{
    /// <summary>State, for example the witnesses of format-1 §2: $XDG_STATE_HOME/syncmodule. Null when the user has no home; it is never needed for correctness.</summary>
    public static string? State =>
        Variable("SYNCMODULE_HOME") is { } moved ? Path.GetFullPath(moved)
        : FromXdg("XDG_STATE_HOME") is { } state ? state
        : OperatingSystem.IsWindows() ? Under(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "SyncModule")
        : Under(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "syncmodule");

    /// <summary>Configuration, for example vaults.json: $XDG_CONFIG_HOME/syncmodule, on Windows %APPDATA%\SyncModule. Null when the user has no home.</summary>
    public static string? Configuration =>
        Variable("SYNCMODULE_HOME") is { } moved ? Path.GetFullPath(moved)
        : FromXdg("XDG_CONFIG_HOME") is { } configuration ? configuration
        : OperatingSystem.IsWindows() ? Under(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "SyncModule")
        : Under(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config", "syncmodule");

    // A relative path in XDG variables is to be ignored (XDG Base Directory Specification).
    private static string? FromXdg(string name) => Variable(name) is { } root && Path.IsPathRooted(root) ? Path.Combine(root, "syncmodule") : null;

    private static string? Under(string home, params string[] parts) => home.Length == 0 ? null : Path.Combine([home, .. parts]);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
