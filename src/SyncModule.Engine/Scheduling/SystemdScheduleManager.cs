using System.Globalization;
using System.Text.Json;

namespace SyncModule.Engine.Scheduling;

/// <summary>Timers of the user's systemd.</summary>
/// <param name="run">Runs systemctl.</param>
/// <param name="folder">Where the user's units stand.</param>
public sealed class SystemdScheduleManager(CommandRun run, string folder) : IScheduleManager
{
    public SyncScheduleKind Kind => SyncScheduleKind.SystemdTimer;

    // logind notes a user whose services run without a session by an empty file of that name.
    public string? Caution => File.Exists(Path.Combine("/var/lib/systemd/linger", Environment.UserName)) ? null
        : $"Timers of {Environment.UserName} run while {Environment.UserName} is logged in. To run them always: loginctl enable-linger {Environment.UserName}";

    public static string UserFolder(string home) =>
        Path.Combine(Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } moved && Path.IsPathRooted(moved) ? moved : Path.Combine(home, ".config"), "systemd", "user");

    public IReadOnlyList<ScheduleFile> FilesOf(SchedulePlan plan, string folderOfUser) =>
        [new(Path.Combine(folder, Timer(plan)), SystemdUnits.TimerOf(plan)), new(Path.Combine(folder, Service(plan)), SystemdUnits.ServiceOf(plan))];

    // Any question that the user's manager answers will do; a degraded one answers too.
    public void Check() => Must("show", "--property=Version");

    public void Start(SchedulePlan plan, IReadOnlyList<ScheduleFile> files)
    {
        Must("daemon-reload");
        Must("enable", Timer(plan));
        // Not "enable --now": a timer that runs already would keep its old interval.
        Must("restart", Timer(plan));
    }

    public void Stop(SchedulePlan plan) => Systemctl("disable", "--now", Timer(plan));

    public void Forget(SchedulePlan plan)
    {
        Systemctl("daemon-reload");
        // Else a run that failed stays in the list of failed units.
        Systemctl("reset-failed", Service(plan));
    }

    public ScheduleState StateOf(SchedulePlan plan)
    {
        bool active = Systemctl("is-active", Timer(plan)).ExitCode == 0;
        var (next, last) = Times(Systemctl("list-timers", "--all", "--output=json", Timer(plan)).Output);
        return new(active, next, last, LastExit(Systemctl("show", Service(plan), "--property=ExecMainCode,ExecMainStatus,ExecMainExitTimestampMonotonic").Output));
    }

    /// <summary>Microseconds since 1970 of the first row; 0 and what is no JSON (systemd before 248) are unknown.</summary>
    internal static (DateTimeOffset? Next, DateTimeOffset? Last) Times(string json)
    {
        try
        {
            using var rows = JsonDocument.Parse(json);
            if (rows.RootElement.ValueKind != JsonValueKind.Array || rows.RootElement.GetArrayLength() == 0) return (null, null);
            return (Time("next"), Time("last"));

            DateTimeOffset? Time(string name) =>
                rows.RootElement[0].TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long µs) && µs is > 0 and < long.MaxValue / 10 - 62135596800000000
                    ? DateTimeOffset.UnixEpoch.AddTicks(µs * 10).ToLocalTime() : null;
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    /// <summary>Null when it has not ended yet; 128 + n when signal n ended it.</summary>
    internal static int? LastExit(string properties)
    {
        var values = properties.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=', 2)).Where(p => p.Length == 2)
            .ToDictionary(p => p[0], p => long.TryParse(p[1], NumberStyles.None, CultureInfo.InvariantCulture, out long n) ? n : 0, StringComparer.Ordinal);
        if (values.GetValueOrDefault("ExecMainExitTimestampMonotonic") == 0) return null;
        const long exited = 1; // CLD_EXITED; the others are signals
        int status = (int)values.GetValueOrDefault("ExecMainStatus");
        return values.GetValueOrDefault("ExecMainCode") == exited ? status : 128 + status;
    }

    private static string Timer(SchedulePlan plan) => SystemdUnits.UnitName(plan.Name) + ".timer";

    private static string Service(SchedulePlan plan) => SystemdUnits.UnitName(plan.Name) + ".service";

    private void Must(params string[] arguments)
    {
        var result = Systemctl(arguments);
        if (result.ExitCode != 0) throw SyncErrors.ScheduleUnavailable.With($"systemctl --user {arguments[0]}: {result.Reason}");
    }

    private CommandResult Systemctl(params string[] arguments) => run("systemctl", ["--user", "--no-pager", .. arguments]);
}
