using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using static System.Text.Encoding;

namespace SyncModule.Core.Tests.Merging;

/// <summary>
/// Fields, counters, sets and trees on devices whose wall clocks are wrong: who saw a version and writes after it is never undone, nobody's
/// clock is dragged along, and all agree.
/// </summary>
public class PartClocksTests
{
    private const string Key = "d/key";
    private const long Now = 1_767_225_600_000, Year = 31_536_000_000;

    // What device A's wall clock says at a step; that of B is right.
    private static readonly Dictionary<string, Func<int, long>> Clocks = new(StringComparer.Ordinal)
    {
        ["right"] = Right,
        ["a year ahead"] = step => Right(step) + Year,
        ["a year behind"] = step => Right(step) - Year,
        ["jumping"] = step => Right(step) + (((step * 7 % 5) - 2) * Year),
        ["frozen"] = _ => Now - 1000,
        ["in 1970"] = step => step,
        ["in 2106"] = step => 4_294_967_296_000 + step,
    };

    private readonly Story _story = new();
    private readonly Dictionary<char, HybridClock> _clocks = new() { ['A'] = new(), ['B'] = new() };
    private int _step;
    private Func<int, long> _wrong = Right;

    public static TheoryData<string> Names => [.. Clocks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_later_edit_is_never_undone_whatever_a_clock_says(string clock)
    {
        _wrong = Clocks[clock];
        for (int round = 0; round < 8; round++)
        {
            // The two by turns, each over what the other has just written.
            char device = "AB"[round % 2];
            string value = round.ToString(System.Globalization.CultureInfo.InvariantCulture);
            Patch(device, "/a", value);
            Assert.Equal(value, Field("/a"));
            Write(device, StructuredWrites.SetCounter(State(device), Story.Collection, Key, "/n", 10 * round));
            Assert.Equal(10 * round, Number("/n"));
            Write(device, StructuredWrites.Increment(Story.Collection, Key, [new("/n", 3)]));
            Assert.Equal((10 * round) + 3, Number("/n"));
            Write(device, StructuredWrites.Add(State(device), Story.Collection, Key, "/t", [UTF8.GetBytes("\"x\""), UTF8.GetBytes(value)]));
            Assert.Equal($"[\"x\",{value}]", Field("/t"));
            Write(device, StructuredWrites.Remove(State(device), Story.Collection, Key, "/t", [UTF8.GetBytes("\"x\"")])!);
            Assert.Equal($"[{value}]", Field("/t"));
            Patch(device, "/a", null);
            Assert.Null(Field("/a"));
            Write(device, StructuredWrites.Remove(State(device), Story.Collection, Key, "/t", State(device).Sets[0].Elements.Select(e => e.Bytes))!);
            Assert.Null(Field("/t"));
            Write(device, StructuredWrites.RemoveTree(Story.Collection, "d/", _story.Seen(device)));
            Assert.False(Shown('A').IsAlive);
            Patch(device, "/b", value);
            Assert.Equal(value, Field("/b"));
            Write(device, Writes.Delete(State(device)));
            Assert.False(Shown('B').IsAlive);
            Patch(device, "/a", value);
            Assert.Equal(value, Field("/a"));
            Write(device, StructuredWrites.Patch(_story.Replica(device).State(""), Story.Collection, "", new Dictionary<string, ItemValue?> { ["/p"] = Story.Text(value) }) with { Kind = OperationKind.Policy });
            Assert.Equal(value, Story.Shown(_story.Replica('B').State("")!.Find("/p")!.First.Value));
        }

        Assert.Empty(_story.Replica('A').AllRecords());
        Agree();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_clock_is_dragged_along(string clock)
    {
        _wrong = Clocks[clock];
        for (int round = 0; round < 20; round++)
        {
            Patch('A', "/a", "1");
            Write('A', StructuredWrites.Increment(Story.Collection, Key, [new("/n", 1)]));
            Write('A', StructuredWrites.RemoveTree(Story.Collection, "d/", _story.Seen('A')));
            Patch('B', "/b", "2");
            Assert.InRange(_clocks['B'].Last.Milliseconds, Right(_step) - HybridTimestamp.MaxDriftMilliseconds, Right(_step) + HybridTimestamp.MaxDriftMilliseconds);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Edits_that_did_not_see_each_other_are_all_kept_and_replicas_agree(string clock)
    {
        _wrong = Clocks[clock];
        Patch('A', "/a", "0");
        for (int round = 0; round < 4; round++)
        {
            foreach (char device in "AB")
            {
                string value = $"{device}{round}";
                Patch(device, "/a", $"\"{value}\"", alone: true);
                Patch(device, "/only" + device, $"\"{value}\"", alone: true);
                Write(device, StructuredWrites.Increment(Story.Collection, Key, [new("/n", 1)]), alone: true);
                Write(device, StructuredWrites.Add(State(device), Story.Collection, Key, "/t", [UTF8.GetBytes($"\"{value}\"")]), alone: true);
            }

            _story.DeliverAll('A', 'B');
            Assert.Equal(2 * (round + 1), Number("/n"));
            foreach (char device in "AB")
            {
                Assert.Equal($"\"{device}{round}\"", Field("/only" + device));
                Assert.Contains($"\"{device}{round}\"", Field("/t")!, StringComparison.Ordinal);
            }

            Assert.Equal(["/a"], Shown('A').Cells.Where(c => c.IsOpen).Select(c => c.Path));
            Assert.Equal(2, Shown('A').Find("/a")!.Heads.Count);
            Agree();
        }
    }

    private static long Right(int step) => Now + (1_000L * step);

    private KeyState State(char device) => _story.Replica(device).Visible(Key);

    private KeyState Shown(char device) => _story.Replica(device).Visible(Key);

    private void Patch(char device, string path, string? json, bool alone = false)
    {
        var state = _story.Replica(device).State(Key) is null ? null : State(device);
        Write(device, StructuredWrites.Patch(state, Story.Collection, Key, new Dictionary<string, ItemValue?> { [path] = json is null ? null : Story.Text(json) }), alone);
    }

    // As an engine does: the clock takes notice of what comes, the commit gets the next time of it.
    private void Write(char device, Operation operation, bool alone = false)
    {
        long wall = (device == 'A' ? _wrong : Right)(++_step);
        foreach (var commit in _story.Commits.Where(c => _story.Has(device, c.Id))) _clocks[device].Observe(commit.Operations[0].Origin.CommitTimestamp, wall);
        _story.Write(device, _clocks[device].Tick(wall).Value, operation);
        if (!alone) _story.DeliverAll('A', 'B');
    }

    private void Agree()
    {
        foreach (string key in new[] { Key, "" }) Assert.Equal(_story.Replica('A').State(key)?.Encode(), _story.Replica('B').State(key)?.Encode());
        Assert.Equal(_story.Replica('A').Records(), _story.Replica('B').Records());
        Assert.Equal(new NaiveModel([.. _story.Commits.SelectMany(c => c.Operations)]).Records(), _story.Replica('A').Records());
    }

    private string? Field(string path)
    {
        Assert.Equal(Json('A').ToJsonString(), Json('B').ToJsonString());
        return Json('A')[path[1..]]?.ToJsonString();
    }

    private long Number(string path) => Field(path) is { } number ? long.Parse(number, System.Globalization.CultureInfo.InvariantCulture) : 0;

    private System.Text.Json.Nodes.JsonObject Json(char device) =>
        _story.Replica(device).State(Key) is null ? [] : StructuredItem.ToJson(Shown(device), v => v.Inline);
}
