using SyncModule.Engine.Scheduling;
using SyncModule.Engine.Tests.Storage.Tables;

namespace SyncModule.Engine.Tests.Scheduling;

public sealed class SchedulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Schedules _schedules;
    private bool _refuses;

    public SchedulesTests() => _schedules = new(_folder.File("schedules"), new SystemdScheduleManager(Answer, _folder.File("units")));

    public void Dispose() => _folder.Dispose();

    private SchedulePlan Plan => Plans.Nasty with { Script = _schedules.ScriptOf("home") };

    [Fact]
    public void What_was_registered_is_found_again_as_it_was()
    {
        _schedules.Register(Plan, replace: false);
        Assert.Equal(["syncmodule-home"], _schedules.Names());
        var found = _schedules.Find("syncmodule-home")!;
        Assert.Equal(Plan with { Peers = found.Peers, Environment = found.Environment }, found);
        Assert.Equal(Plan.Peers, found.Peers);
        Assert.Equal(Plan.Environment, found.Environment);
        foreach (var file in _schedules.FilesOf(Plan)) Assert.Equal(file.Text, File.ReadAllText(file.Path));
        var shown = _schedules.Describe(found);
        Assert.Equal(("home", SyncScheduleKind.SystemdTimer, "syncmodule-home", TimeSpan.FromMinutes(15), true), (shown.Vault, shown.Kind, shown.Name, shown.Every, shown.Active));
        Assert.Equal(_folder.File(Path.Combine("units", "syncmodule-home.timer")), shown.Path);
    }

    [Fact]
    public void A_second_one_is_refused_unless_it_shall_replace_the_first()
    {
        _schedules.Register(Plan, replace: false);
        Assert.Equal("ScheduleExists", Assert.Throws<SyncException>(() => _schedules.Register(Plan with { Every = TimeSpan.FromHours(1) }, replace: false)).ErrorId);
        Assert.Equal(TimeSpan.FromMinutes(15), _schedules.Find("syncmodule-home")!.Every);
        _schedules.Register(Plan with { Every = TimeSpan.FromHours(1) }, replace: true);
        Assert.Equal(TimeSpan.FromHours(1), _schedules.Find("syncmodule-home")!.Every);
    }

    [Fact]
    public void Unregistering_leaves_no_file()
    {
        _schedules.Register(Plan, replace: false);
        _schedules.Unregister(Plan);
        Assert.Equal([], _schedules.Names());
        Assert.Equal([], Directory.EnumerateFiles(_folder.File("units")).Concat(Directory.EnumerateFiles(_folder.File("schedules"))));
        _schedules.Unregister(Plan); // once more does no harm
    }

    [Fact]
    public void A_scheduler_that_does_not_answer_leaves_nothing_behind()
    {
        _refuses = true;
        Assert.Equal("ScheduleUnavailable", Assert.Throws<SyncException>(() => _schedules.Register(Plan, replace: false)).ErrorId);
        Assert.False(Directory.Exists(_folder.File("units")));
        Assert.False(Directory.Exists(_folder.File("schedules")));
    }

    [Fact]
    public void A_record_that_cannot_be_read_says_which()
    {
        Directory.CreateDirectory(_folder.File("schedules"));
        string path = _folder.File(Path.Combine("schedules", "syncmodule-x.json"));
        foreach (string text in new[] { "", "{", "null", "{}", "[1]", "{\"vault\":\"x\"}" })
        {
            File.WriteAllText(path, text);
            var error = Assert.Throws<SyncException>(() => _schedules.Find("syncmodule-x"));
            Assert.Equal("ScheduleDamaged", error.ErrorId);
            Assert.Contains(path, error.Detail, StringComparison.Ordinal);
        }
    }

    private CommandResult Answer(string program, params IReadOnlyList<string> arguments) => _refuses ? new(1, "", "no bus") : new(0, "", "");
}
