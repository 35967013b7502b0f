using SyncModule.Engine.Scheduling;

namespace SyncModule.Engine.Tests.Scheduling;

/// <summary>Plans for tests: a plain one, and one whose every path tries to leave its place.</summary>
internal static class Plans
{
    public static SchedulePlan Plain => new(
        "home", "/home/me/SyncVaults/home", "/home/me/home.key", [], TimeSpan.FromMinutes(15), new DateTimeOffset(2026, 11, 30, 10, 0, 0, TimeSpan.Zero),
        "/usr/bin/pwsh", "SyncModule", "/home/me/.config/syncmodule/schedules/syncmodule-home.ps1", new Dictionary<string, string>(StringComparer.Ordinal), @"DESK\me");

    public static SchedulePlan Nasty => Plain with
    {
        Folder = "/home/m e/it's ‘a’ \"vault\" $HOME %h & <x>\\",
        KeyFile = "/home/m e/50% $(touch x) `n ;'.key",
        Peers = ["nas", "o'brien’s"],
        Program = "/opt/p w $s %h/pw\"sh",
        Script = "/home/m e/$HOME ${HOME} %h%n \"q\" \\ 'x' & <y>.ps1",
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["SYNCMODULE_HOME"] = "/home/m e/it's" },
    };
}
