using System.Globalization;
using System.Text.RegularExpressions;

namespace SyncModule.Engine.Scheduling;

/// <summary>Agents of macOS's launchd. Not run on macOS by the project so far; the commands are tested as text.</summary>
public sealed partial class LaunchdScheduleManager(CommandRun run, string home) : IScheduleManager
{
    public SyncScheduleKind Kind => SyncScheduleKind.LaunchAgent;

    public string? Caution => "It runs while you are logged in.";

    public IReadOnlyList<ScheduleFile> FilesOf(SchedulePlan plan, string folder) =>
        [new(Path.Combine(home, "Library", "LaunchAgents", plan.Name + ".plist"), LaunchAgentPlist.Of(plan))];

    public void Check() => Must("print", Domain());

    public void Start(SchedulePlan plan, IReadOnlyList<ScheduleFile> files)
    {
        run("launchctl", "bootout", $"{Domain()}/{plan.Name}"); // an older one of the name
        Must("bootstrap", Domain(), files[0].Path);
    }

    public void Stop(SchedulePlan plan) => run("launchctl", "bootout", $"{Domain()}/{plan.Name}");

    public void Forget(SchedulePlan plan)
    {
        // launchd keeps nothing.
    }

    // launchd tells neither the next run nor the last one's time.
    public ScheduleState StateOf(SchedulePlan plan)
    {
        var result = run("launchctl", "print", $"{Domain()}/{plan.Name}");
        return new(result.ExitCode == 0, null, null, LastExit(result.Output));
    }

    internal static int? LastExit(string text) =>
        LastExitPattern().Match(text) is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int code) ? code : null;

    [GeneratedRegex(@"^\s*last exit code = (-?\d+)", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LastExitPattern();

    private string Domain() => $"gui/{run("id", "-u").Output.Trim()}";

    private void Must(params string[] arguments)
    {
        var result = run("launchctl", arguments);
        if (result.ExitCode != 0) throw SyncErrors.ScheduleUnavailable.With($"launchctl {arguments[0]}: {result.Reason}");
    }
}
