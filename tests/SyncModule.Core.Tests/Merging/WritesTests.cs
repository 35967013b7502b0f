using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

public class WritesTests
{
    private readonly Story _story = new();

    [Fact]
    public void A_new_item_replaces_nothing()
    {
        var operation = Writes.Put(null, "files", "a", Story.Text("v"), [new("z", Story.Text("1")), new("b", null)]);
        Assert.Empty(operation.Replaces);
        Assert.Equal(["b", "z"], operation.Cells.Select(c => c.Path));
        Assert.Throws<ArgumentException>(() => Writes.Put(null, "files", "a", null, [new("", null)]));
        Assert.Throws<ArgumentException>(() => Writes.Put(null, "files", "a", null, [new("b", null), new("b", null)]));
    }

    [Fact]
    public void A_put_empties_the_cells_of_what_it_replaces()
    {
        _story.Write('A', 10, Writes.Put(null, "files", "key1", null, [new("x", Story.Text("1")), new("y", Story.Text("2"))]));
        var operation = Writes.Put(_story.State('A'), "files", "key1", null, [new("y", Story.Text("3"))]);
        Assert.Equal([("x", false), ("y", true)], operation.Cells.Select(c => (c.Path, c.Value is not null)));
        _story.Write('A', 20, operation);
        Assert.Equal(["y"], View.Of(_story.State('A')).Cells.Select(c => c.Path));
        Assert.All(_story.State('A').Cells, c => Assert.Single(c.Heads));
    }

    [Fact]
    public void An_import_without_a_base_replaces_nothing()
    {
        Assert.Empty(Writes.Put(null, "files", "key1", Story.Text("new"), baseHeads: []).Replaces);
        _story.Put('A', "there", 10);
        var operation = Writes.Put(_story.State('A'), "files", "key1", Story.Text("new"), baseHeads: []);
        Assert.Empty(operation.Replaces);
        _story.Write('A', 20, operation);
        Assert.Equal(2, Assert.Single(MergeRecords.Open(_story.State('A'))).Heads.Count);
    }

    [Fact]
    public void An_import_replaces_only_its_base_so_a_newer_version_stays_in_sight()
    {
        var mine = _story.Put('A', "imported", 10);
        _story.DeliverAll('B');
        _story.Put('B', "edited elsewhere", 20);
        _story.DeliverAll('A');
        var operation = Writes.Put(_story.State('A'), "files", "key1", Story.Text("edited here"), baseHeads: [mine.Operations[0].Origin.Dot]);
        Assert.Equal([mine.Operations[0].Origin.Dot], operation.Replaces);
        _story.Write('A', 30, operation);
        Assert.Equal(2, Assert.Single(MergeRecords.Open(_story.State('A'))).Heads.Count);
        _story.DeliverAll('B');
        Assert.Equal(_story.State('A').Encode(), _story.State('B').Encode());
    }

    [Fact]
    public void A_delete_touches_every_cell_and_a_concurrent_cell_write_survives_in_the_state()
    {
        _story.Write('A', 10, Writes.Put(null, "files", "key1", null, [new("x", Story.Text("1")), new("y", Story.Text("2"))]));
        _story.DeliverAll('B');
        _story.Delete('A', 20);
        Assert.Equal(ItemStatus.Deleted, View.Of(_story.State('A')).Status);
        Assert.True(_story.State('A').IsOnlyDeleted);
        _story.Write('B', 30, Writes.Put(_story.State('B'), "files", "key1", null, [new("y", Story.Text("4"))]));
        _story.DeliverAll('A', 'B');
        var view = View.Of(_story.State('A'));
        Assert.Equal((ItemStatus.Item, "4"), (view.Status, Story.Shown(Assert.Single(view.Cells).Value)));
        Assert.False(_story.State('A').IsOnlyDeleted);
    }

    [Fact]
    public void Resolving_for_a_version_takes_its_cells_and_drops_the_others()
    {
        var a = _story.Write('A', 10, Writes.Put(null, "files", "key1", null, [new("x", Story.Text("ax")), new("z", Story.Text("az"))]));
        _story.Write('B', 20, Writes.Put(null, "files", "key1", Story.Text("b"), [new("y", Story.Text("by")), new("z", Story.Text("bz"))]));
        _story.DeliverAll('A');
        _story.Write('A', 30, Writes.Resolve(_story.State('A'), a.Operations[0].Origin.Dot));
        var view = View.Of(_story.State('A'));
        Assert.Equal([("x", "ax"), ("z", "az")], view.Cells.Select(c => (c.Path, Story.Shown(c.Value))));
        Assert.False(view.HasConflict);
        Assert.Null(view.Winner!.Value);
        Assert.All(_story.State('A').Cells, c => Assert.Single(c.Heads));
    }

    [Fact]
    public void Resolving_for_a_deletion_deletes()
    {
        _story.Put('A', "a", 10);
        _story.DeliverAll('B');
        var gone = _story.Delete('A', 20);
        _story.Put('B', "b", 30);
        _story.DeliverAll('A');
        _story.Write('A', 40, Writes.Resolve(_story.State('A'), gone.Operations[0].Origin.Dot));
        Assert.Equal(ItemStatus.Deleted, View.Of(_story.State('A')).Status);
        var error = Assert.Throws<SyncException>(() => Writes.Resolve(_story.State('A'), gone.Operations[0].Origin.Dot));
        Assert.Equal("VersionNotFound", error.ErrorId);
    }

    [Fact]
    public void An_operation_carries_its_own_time_only_where_a_replaced_one_is_not_older()
    {
        var operation = Writes.Put(null, "files", "a", null);
        HybridTimestamp T(ulong value) => new(value);
        Assert.Null(Writes.WithTimestampRule(operation, null, T(5)).Timestamp);
        Assert.Null(Writes.WithTimestampRule(operation, T(4), T(5)).Timestamp);
        Assert.Equal(T(6), Writes.WithTimestampRule(operation, T(5), T(5)).Timestamp);
        Assert.Equal(T(10), Writes.WithTimestampRule(operation, T(9), T(5)).Timestamp);
        var cap = T(HybridTimestamp.Limit - 1);
        Assert.Equal(cap, Writes.WithTimestampRule(operation, cap, T(5)).Timestamp);
        Assert.Null(Writes.WithTimestampRule(operation with { Timestamp = T(7) }, T(4), T(5)).Timestamp);
    }

    [Fact]
    public void Written_operations_survive_the_strict_decoder()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var history = new RandomHistory(seed);
            var replica = new ProductReplica().Receive(history.Commits);
            foreach (string key in history.Commits.SelectMany(c => c.Operations).Select(o => o.Operation.Key).Distinct())
            {
                if (key.Length == 0 || replica.State(key) is not { Cells.Count: > 0 } state) continue;
                var dot = state.Cells[seed % state.Cells.Count].First.Dot;
                Operation[] operations =
                [
                    Writes.Put(state, "files", key, Story.Text("v"), [new("n", Story.Text("w"))]),
                    Writes.Put(state, "files", key, null, baseHeads: [dot]),
                    Writes.Delete(state),
                    Writes.Resolve(state, dot).Attached(replica.Whole),
                ];
                var decoded = OperationList.Decode(OperationList.Encode(operations));
                Assert.All(decoded, d => Assert.Equal(OperationStatus.Known, d.Status));
                // What replaces everything leaves one head in every cell it touches and no conflict in them.
                foreach (var operation in new[] { operations[0], operations[2], operations[3] })
                {
                    var after = Folding.Apply(state, operation, new(new(new([.. Enumerable.Repeat((byte)0xFE, 32)]), 0), new(5), Story.Device('Z'), default, 1));
                    Assert.Single(after.Item!.Heads);
                    Assert.All(operation.Cells, c => Assert.Single(after.Find(c.Path)!.Heads));
                }
            }
        }
    }
}
