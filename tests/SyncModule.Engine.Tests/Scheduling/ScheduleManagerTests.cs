using System.Globalization;
using SyncModule.Engine.Scheduling;

namespace SyncModule.Engine.Tests.Scheduling;

/// <summary>What the schedulers are told, and what is read from their answers.</summary>
public class ScheduleManagerTests
{
    private readonly List<string> _calls = [];
    private readonly Dictionary<string, CommandResult> _answers = new(StringComparer.Ordinal);

    [Fact]
    public void Systemd_reads_the_units_again_and_starts_the_timer_anew()
    {
        var manager = new SystemdScheduleManager(Run, "/units");
        manager.Start(Plans.Plain, manager.FilesOf(Plans.Plain, "/folder"));
        Assert.Equal(["systemctl --user --no-pager daemon-reload", "systemctl --user --no-pager enable syncmodule-home.timer", "systemctl --user --no-pager restart syncmodule-home.timer"], _calls);
        Assert.Equal(["/units/syncmodule-home.timer", "/units/syncmodule-home.service"], manager.FilesOf(Plans.Plain, "/folder").Select(f => f.Path));
    }

    [Fact]
    public void A_manager_that_does_not_answer_is_an_error_that_says_what_it_said()
    {
        _answers["show"] = new(1, "", "Failed to connect to bus: No medium found\n");
        var error = Assert.Throws<SyncException>(new SystemdScheduleManager(Run, "/units").Check);
        Assert.Equal("ScheduleUnavailable", error.ErrorId);
        Assert.Equal("systemctl --user show: Failed to connect to bus: No medium found", error.Detail);
    }

    [Fact]
    public void A_program_that_is_not_there_is_an_answer_too()
    {
        var result = CommandRunner.Run("no-such-program-of-any-system");
        Assert.Equal(CommandResult.NotThere, result.ExitCode);
        Assert.StartsWith("no-such-program-of-any-system cannot be run", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Systemd_tells_when_it_runs_next_and_how_it_ended()
    {
        _answers["list-timers"] = new(0, """[{"next":1796032800000000,"left":1796032800000000,"last":1796031900000000,"passed":1,"unit":"syncmodule-home.timer","activates":"syncmodule-home.service"}]""", "");
        _answers["show"] = new(0, "ExecMainExitTimestampMonotonic=123\nExecMainCode=1\nExecMainStatus=3\n", "");
        var state = new SystemdScheduleManager(Run, "/units").StateOf(Plans.Plain);
        Assert.True(state.Active);
        Assert.Equal((1796032800, 1796031900), (state.NextRun!.Value.ToUnixTimeSeconds(), state.LastRun!.Value.ToUnixTimeSeconds()));
        Assert.Equal(3, state.LastExit);
    }

    [Theory]
    [InlineData("ExecMainExitTimestampMonotonic=0\nExecMainCode=0\nExecMainStatus=0\n", null)]
    [InlineData("ExecMainExitTimestampMonotonic=5\nExecMainCode=1\nExecMainStatus=0\n", 0)]
    [InlineData("ExecMainExitTimestampMonotonic=5\nExecMainCode=2\nExecMainStatus=9\n", 137)]
    [InlineData("", null)]
    public void The_exit_code_of_a_unit(string properties, int? code) => Assert.Equal(code, SystemdScheduleManager.LastExit(properties));

    [Theory]
    [InlineData("")]
    [InlineData("NEXT LEFT LAST PASSED UNIT ACTIVATES")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""[{"next":0,"last":0}]""")]
    [InlineData("""[{"next":9223372036854775807,"last":"x"}]""")]
    public void What_systemd_does_not_say_is_unknown(string json) => Assert.Equal((null, null), SystemdScheduleManager.Times(json));

    [Fact]
    public void Launchd_is_told_the_property_list()
    {
        _answers["-u"] = new(0, "501\n", "");
        var manager = new LaunchdScheduleManager(Run, "/Users/me");
        manager.Start(Plans.Plain, manager.FilesOf(Plans.Plain, "/folder"));
        Assert.Equal(["launchctl bootout gui/501/syncmodule-home", "launchctl bootstrap gui/501 /Users/me/Library/LaunchAgents/syncmodule-home.plist"], _calls.Where(c => !c.StartsWith("id", StringComparison.Ordinal)));
        Assert.Equal(3, LaunchdScheduleManager.LastExit("gui/501/syncmodule-home = {\n\tstate = not running\n\n\truns = 4\n\tlast exit code = 3\n}"));
        Assert.Null(LaunchdScheduleManager.LastExit("\tlast exit code = (never exited)\n"));
    }

    [Fact]
    public void Task_Scheduler_is_told_the_definition()
    {
        var manager = new TaskScheduleManager(Run);
        var files = manager.FilesOf(Plans.Plain, "/folder");
        manager.Start(Plans.Plain, files);
        manager.Stop(Plans.Plain);
        Assert.Equal([@"schtasks /Create /F /TN \SyncModule\syncmodule-home /XML " + files[0].Path, @"schtasks /Delete /F /TN \SyncModule\syncmodule-home"], _calls);
        var state = TaskScheduleManager.Parse("\"DESK\",\"\\SyncModule\\syncmodule-home\",\"11/30/2026 10:30:00 AM\",\"Ready\",\"Interactive only\",\"11/30/2026 10:15:01 AM\",\"3\",\"DESK\\me\"\r\n", CultureInfo.GetCultureInfo("en-US"));
        Assert.Equal((true, new DateTime(2026, 11, 30, 10, 30, 0), 3), (state.Active, state.NextRun!.Value.LocalDateTime, state.LastExit));
        Assert.Null(TaskScheduleManager.Parse("\"DESK\",\"\\x\",\"N/A\",\"Ready\",\"Interactive only\",\"11/30/1999 12:00:00 AM\",\"267011\",\"\"", CultureInfo.GetCultureInfo("en-US")).LastExit);
    }

    private CommandResult Run(string program, params IReadOnlyList<string> arguments)
    {
        _calls.Add($"{program} {string.Join(' ', arguments)}");
        return arguments.Select(a => _answers.TryGetValue(a, out var answer) ? answer : (CommandResult?)null).FirstOrDefault(a => a is not null) ?? new(0, "", "");
    }
}
