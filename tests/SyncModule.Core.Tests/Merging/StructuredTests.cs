using System.Text.Json.Nodes;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using static System.Text.Encoding;

namespace SyncModule.Core.Tests.Merging;

/// <summary>Fields, counters, sets and trees as people meet them, on two devices that do not see each other in between.</summary>
public class StructuredTests
{
    private const string Key = "key1";

    private readonly Story _story = new();
    private ulong _time = 100;

    [Fact]
    public void Two_devices_that_change_different_fields_both_keep_their_change()
    {
        Whole('A', """{"url":"a","retries":1,"deep":{"x":1,"y":2}}""");
        _story.DeliverAll('B');
        Whole('A', """{"url":"new","retries":1,"deep":{"x":1,"y":2}}""");
        Whole('B', """{"url":"a","retries":5,"deep":{"x":1,"y":3}}""");
        _story.DeliverAll('A', 'B');
        Assert.Equal("""{"deep":{"x":1,"y":3},"retries":5,"url":"new"}""", Shown('A'));
        Assert.Equal(Shown('A'), Shown('B'));
        Assert.False(_story.State('A').IsOpen);
    }

    // Lesson: a whole value that is written again must not widen what it changes, or the other's field is reverted.
    [Fact]
    public void A_whole_value_names_only_the_fields_that_it_changes()
    {
        Whole('A', """{"a":1,"b":2}""");
        var second = WholeOf('A', """{"a":1,"b":3}""");
        Assert.Equal(["/b"], second.Cells.Select(c => c.Path));
        var third = WholeOf('A', """{"a":1}""");
        Assert.Equal([("/b", true)], third.Cells.Select(c => (c.Path, c.Value is null)));
    }

    [Fact]
    public void The_same_field_twice_is_a_conflict_of_that_field_only()
    {
        Whole('A', """{"a":1,"b":1}""");
        _story.DeliverAll('B');
        Whole('A', """{"a":2,"b":1}""");
        Whole('B', """{"a":3,"b":1}""");
        _story.DeliverAll('A', 'B');
        var record = Assert.Single(MergeRecords.Open(_story.State('A')));
        Assert.Equal("/a", record.Path);
        Assert.Equal("""{"a":3,"b":1}""", Shown('A'));
        _story.Write('A', _time++, Writes.Resolve(_story.State('A'), record.Losers[0]));
        _story.DeliverAll('B');
        Assert.Equal("""{"a":2,"b":1}""", Shown('B'));
        Assert.False(_story.State('B').IsOpen);
    }

    [Fact]
    public void A_leaf_and_an_object_in_its_place_do_not_both_show()
    {
        Whole('A', """{"v":1}""");
        _story.DeliverAll('B');
        Whole('A', """{"v":{"x":1}}""");
        Whole('B', """{"v":7}""");
        _story.DeliverAll('A', 'B');
        Assert.Equal("""{"v":7}""", Shown('A'));
        Assert.Equal("""{"v":7}""", Shown('B'));
    }

    [Fact]
    public void Increments_of_many_devices_add_up_and_setting_keeps_those_it_had_not_seen()
    {
        Count('A', 5);
        _story.DeliverAll('B', 'C');
        Count('B', 7);
        Count('C', -2);
        _story.Write('A', _time++, StructuredWrites.SetCounter(_story.State('A'), "files", Key, "/n", 100));
        _story.DeliverAll('A', 'B', 'C');
        foreach (char device in "ABC") Assert.Equal("""{"n":105}""", Shown(device));
        Count('B', 1);
        _story.Write('C', _time++, StructuredWrites.SetCounter(_story.State('C'), "files", Key, "/n", 0));
        _story.DeliverAll('A', 'B', 'C');
        foreach (char device in "ABC") Assert.Equal("""{"n":1}""", Shown(device));
    }

    [Fact]
    public void Two_devices_that_set_a_counter_leave_a_conflict_and_lose_no_increment()
    {
        Count('A', 5);
        _story.DeliverAll('B');
        _story.Write('A', _time++, StructuredWrites.SetCounter(_story.State('A'), "files", Key, "/n", 10));
        _story.Write('B', _time++, StructuredWrites.SetCounter(_story.State('B'), "files", Key, "/n", 20));
        Count('A', 1);
        _story.DeliverAll('A', 'B');
        Assert.Equal("""{"n":21}""", Shown('A'));
        Assert.Equal(Shown('A'), Shown('B'));
        Assert.Equal("/n", Assert.Single(MergeRecords.Open(_story.State('A'))).Path);
    }

    [Fact]
    public void A_deleted_counter_begins_anew()
    {
        Count('A', 5);
        _story.Write('A', _time++, Writes.Delete(_story.State('A')));
        Assert.False(_story.State('A').IsAlive);
        Whole('A', """{"other":1}""");
        Assert.Equal("""{"other":1}""", Shown('A'));
    }

    [Fact]
    public void An_addition_wins_over_a_removal_that_had_not_seen_it()
    {
        Add('A', "red", "green");
        _story.DeliverAll('B');
        Remove('A', "red");
        Add('B', "red", "blue");
        _story.DeliverAll('A', 'B');
        Assert.Equal("""{"tags":["blue","green","red"]}""", Shown('A'));
        Assert.Equal(Shown('A'), Shown('B'));
        Remove('A', "red");
        _story.DeliverAll('B');
        // One addition named several elements: only the one that was removed goes.
        Assert.Equal("""{"tags":["blue","green"]}""", Shown('B'));
    }

    [Fact]
    public void What_is_not_there_is_not_removed() =>
        Assert.Null(StructuredWrites.Remove(null, "files", Key, "/tags", [UTF8.GetBytes("\"x\"")]));

    [Fact]
    public void A_tree_goes_with_what_its_author_had_seen()
    {
        _story.Put('A', "1", _time++, "docs/a");
        _story.Put('A', "1", _time++, "docs/b");
        _story.Put('A', "1", _time++, "other");
        _story.DeliverAll('B');
        _story.Put('B', "2", _time++, "docs/a");
        _story.Put('B', "2", _time++, "docs/c");
        Tree('A', "docs/");
        _story.DeliverAll('A', 'B');
        foreach (char device in "AB")
        {
            Assert.True(_story.Replica(device).Visible("docs/a").IsAlive);
            Assert.False(_story.Replica(device).Visible("docs/b").IsAlive);
            Assert.True(_story.Replica(device).Visible("docs/c").IsAlive);
            Assert.True(_story.Replica(device).Visible("other").IsAlive);
        }

        _story.Put('B', "3", _time++, "docs/b");
        Assert.True(_story.Replica('B').Visible("docs/b").IsAlive);
    }

    [Fact]
    public void A_version_beside_a_tree_that_had_not_seen_it_competes_with_the_deletion()
    {
        _story.Put('A', "1", _time++, "docs/a");
        var mine = _story.Put('B', "2", _time++, "docs/a");
        Tree('A', "docs/");
        _story.DeliverAll('A', 'B');
        var state = _story.Replica('B').Visible("docs/a");
        Assert.True(state.IsOpen);
        Assert.Contains(state.Item!.Heads, h => h.Kind == OperationKind.RemoveTree);
        Assert.Contains(state.Item!.Heads, h => h.Dot.Commit == mine.Id);
    }

    [Fact]
    public void In_a_forked_log_only_the_branch_that_was_seen_goes()
    {
        var log = new LogId([.. Enumerable.Repeat((byte)7, 16)]);
        CommitId Id(byte b) => new([.. Enumerable.Repeat(b, 32)]);
        KeyState Item(CommitId commit, ulong sequence) =>
            Folding.Apply(null, Writes.Put(null, "files", "a", Story.Text("1")), new(new(commit, 0), new(5), Story.Device('A'), log, sequence));
        var seen = new VersionVector();
        seen.Set(log, new Tip(3, Id(3)));
        var tree = new TreeRange(new(Id(9), 0), new(9), Story.Device('B'), default, 1, "", seen);
        var branches = new Chain([Id(1), Id(2), Id(3)]);
        Assert.False(Masking.Under([tree], Item(Id(2), 2), branches).IsAlive);
        Assert.False(Masking.Under([tree], Item(Id(3), 3), branches).IsAlive);
        Assert.True(Masking.Under([tree], Item(Id(0xB2), 2), branches).IsAlive);
        Assert.True(Masking.Under([tree], Item(Id(0xB3), 3), branches).IsAlive);
        Assert.True(Masking.Under([tree], Item(Id(4), 4), branches).IsAlive);
    }

    [Theory]
    [InlineData("""{"a":{},"b":[1,{"c":2}],"t~1":{"x/y":null}}""")]
    [InlineData("""{"a":1.50,"b":"ü","c":true,"d":12345678901234567890}""")]
    public void A_json_object_comes_back_from_its_leaves(string json)
    {
        Whole('A', json);
        Assert.Equal(json, Shown('A'));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("1")]
    [InlineData("{")]
    [InlineData("""{"a":1,"a":2}""")]
    public void What_is_no_object_has_no_leaves(string json) => Assert.Null(StructuredItem.LeavesOf(UTF8.GetBytes(json)));

    [Fact]
    public void Objects_below_the_limit_are_one_leaf()
    {
        string json = "1";
        for (int i = 0; i < 40; i++) json = $$"""{"a":{{json}}}""";
        var leaf = Assert.Single(StructuredItem.LeavesOf(UTF8.GetBytes(json))!);
        Assert.Equal(StructuredItem.MaxDepth, leaf.Path.Count(c => c == '/'));
        Whole('A', json);
        Assert.Equal(json, Shown('A'));
    }

    private void Whole(char device, string json) => _story.Write(device, _time++, WholeOf(device, json));

    private Operation WholeOf(char device, string json)
    {
        var state = _story.Replica(device).State(Key);
        var leaves = StructuredItem.LeavesOf(UTF8.GetBytes(json))!;
        var changes = StructuredWrites.Changes(state, leaves.ToDictionary(l => l.Path, l => (ItemValue?)ItemValue.FromBytes(l.Json)));
        return StructuredWrites.Patch(state, "files", Key, changes);
    }

    private void Count(char device, long delta) => _story.Write(device, _time++, StructuredWrites.Increment("files", Key, [new("/n", delta)]));

    private void Add(char device, params string[] tags) =>
        _story.Write(device, _time++, StructuredWrites.Add(_story.Replica(device).State(Key), "files", Key, "/tags", Elements(tags)));

    private void Remove(char device, params string[] tags) =>
        _story.Write(device, _time++, StructuredWrites.Remove(_story.State(device), "files", Key, "/tags", Elements(tags))!);

    private void Tree(char device, string prefix) => _story.Write(device, _time++, StructuredWrites.RemoveTree("files", prefix, _story.Seen(device)));

    private static IEnumerable<ReadOnlyMemory<byte>> Elements(string[] tags) =>
        tags.Select(t => new ReadOnlyMemory<byte>(UTF8.GetBytes(JsonValue.Create(t).ToJsonString())));

    private string Shown(char device)
    {
        var replica = _story.Replica(device);
        return StructuredItem.ToJson(replica.State(Key)!, v => (v.IsDetached ? replica.Whole(v) : v).Inline).ToJsonString(new(System.Text.Json.JsonSerializerDefaults.General) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private sealed class Chain(CommitId[] commits) : ILogBranches
    {
        public bool IsBehind(LogId log, CommitId commit, Tip tip) => Array.IndexOf(commits, commit) is >= 0 and int at && at < Array.IndexOf(commits, tip.Id);
    }
}
