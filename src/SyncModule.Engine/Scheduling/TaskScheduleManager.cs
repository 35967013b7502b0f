using System.Globalization;

namespace SyncModule.Engine.Scheduling;

/// <summary>Tasks of the Windows Task Scheduler. Not run on Windows by the project so far; the commands are tested as text.</summary>
public sealed class TaskScheduleManager(CommandRun run) : IScheduleManager
{
    private const int NotRunYet = 0x41303;
    private const int Running = 0x41301;

    public SyncScheduleKind Kind => SyncScheduleKind.ScheduledTask;

    public string? Caution => "It runs while you are logged in.";

    public IReadOnlyList<ScheduleFile> FilesOf(SchedulePlan plan, string folder) => [new(Path.Combine(folder, plan.Name + ".xml"), TaskXml.Of(plan))];

    public void Check() => Must("/Query", "/FO", "CSV", "/NH", "/TN", @"\");

    public void Start(SchedulePlan plan, IReadOnlyList<ScheduleFile> files) => Must("/Create", "/F", "/TN", TaskXml.PathOf(plan.Name), "/XML", files[0].Path);

    public void Stop(SchedulePlan plan) => run("schtasks", "/Delete", "/F", "/TN", TaskXml.PathOf(plan.Name));

    public void Forget(SchedulePlan plan)
    {
        // The task scheduler has its own copy, which is gone.
    }

    public ScheduleState StateOf(SchedulePlan plan)
    {
        var result = run("schtasks", "/Query", "/FO", "CSV", "/V", "/NH", "/TN", TaskXml.PathOf(plan.Name));
        return result.ExitCode == 0 ? Parse(result.Output, CultureInfo.CurrentCulture) : default;
    }

    /// <summary>A row of /FO CSV /V: machine, task, next run, status, logon mode, last run, last result, … The names of the columns and the times are in the user's language; the order is not.</summary>
    internal static ScheduleState Parse(string csv, CultureInfo culture)
    {
        string[] cells = csv.Trim().Split("\",\"");
        if (cells.Length < 7) return new(true, null, null, null);
        int? exit = int.TryParse(cells[6], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int code) && code is not (NotRunYet or Running) ? code : null;
        return new(true, Time(cells[2]), exit is null ? null : Time(cells[5]), exit);

        DateTimeOffset? Time(string text) => DateTimeOffset.TryParse(text, culture, DateTimeStyles.AssumeLocal, out var time) ? time : null;
    }

    private void Must(params string[] arguments)
    {
        var result = run("schtasks", arguments);
        if (result.ExitCode != 0) throw SyncErrors.ScheduleUnavailable.With($"schtasks {arguments[0]}: {result.Reason}");
    }
}
