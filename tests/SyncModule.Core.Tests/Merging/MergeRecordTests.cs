using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

public class MergeRecordTests
{
    private readonly Story _story = new();

    [Fact]
    public void Three_overlapping_heads_give_equal_records_in_all_six_orders()
    {
        var (a, b, c) = (_story.Put('A', "a", 10), _story.Put('B', "b", 20), _story.Put('C', "c", 30));
        _story.Deliver('D', a, b);
        _story.Deliver('E', b, c);
        _story.Deliver('F', a, c);
        var ab = _story.Write('D', 40, Writes.Resolve(_story.State('D'), a.Operations[0].Origin.Dot));
        var bc = _story.Write('E', 50, Writes.Resolve(_story.State('E'), b.Operations[0].Origin.Dot));
        var ac = _story.Write('F', 60, Writes.Resolve(_story.State('F'), c.Operations[0].Origin.Dot));
        WrittenCommit[][] orders = [[ab, bc, ac], [ab, ac, bc], [bc, ab, ac], [bc, ac, ab], [ac, ab, bc], [ac, bc, ab]];
        var replicas = orders.Select(o => new ProductReplica().Receive([a, b, c, .. o])).ToList();
        Assert.Single(replicas.Select(r => Convert.ToHexString(r.Records())).Distinct());
        Assert.Single(replicas.Select(r => Convert.ToHexString(r.State("key1")!.Encode())).Distinct());
        var records = Decode(replicas[0].Records());
        // Three settled ones over two versions each; the three resolves end the conflict.
        Assert.Equal(3, records.Count);
        Assert.All(records, r => Assert.True(r is { State: MergeState.Settled, Heads.Count: 2, Losers.Count: 1, By: MergeAuthor.Person }));
        Assert.Equal([a, b, c], records.Select(r => _story.Commits.Single(w => w.Id == r.Winner.Commit)));
    }

    [Fact]
    public void Resolve_beside_resolve_ends_the_conflict_and_the_order_decides()
    {
        var (a, b) = (_story.Put('A', "a", 10), _story.Put('B', "b", 20));
        _story.DeliverAll('A', 'B');
        Assert.Single(MergeRecords.Open(_story.State('A')));
        _story.Write('A', 31, Writes.Resolve(_story.State('A'), a.Operations[0].Origin.Dot));
        _story.Write('B', 30, Writes.Resolve(_story.State('B'), b.Operations[0].Origin.Dot));
        _story.DeliverAll('A', 'B');
        Assert.Empty(MergeRecords.Open(_story.State('A')));
        Assert.False(View.Of(_story.State('A')).HasConflict);
        Assert.Equal("a", Story.Shown(View.Of(_story.State('B')).Winner!.Value));
        Assert.Equal(2, _story.State('B').Item!.Heads.Count);
    }

    [Fact]
    public void A_resolve_beside_a_put_that_it_had_not_seen_is_open()
    {
        var a = _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.DeliverAll('A');
        _story.Write('A', 30, Writes.Resolve(_story.State('A'), a.Operations[0].Origin.Dot));
        _story.Put('C', "c", 25);
        _story.DeliverAll('A');
        Assert.Equal(2, Assert.Single(MergeRecords.Open(_story.State('A'))).Heads.Count);
    }

    [Fact]
    public void Equal_heads_are_no_conflict_whatever_their_times_and_references()
    {
        Id32 content = new([.. Enumerable.Repeat((byte)5, 32)]);
        ItemValue Sealed(byte epoch) => ItemValue.FromReference(new(new([.. Enumerable.Repeat(epoch, 32)]), content, ObjectKind.Chunk, 9999), 9999);
        _story.Write('A', 10, Writes.Put(null, "files", "key1", Sealed(1), metadata: new Metadata().With("mode", 420).With("mtime", 1), content: content));
        _story.Write('B', 20, Writes.Put(null, "files", "key1", Sealed(2), metadata: new Metadata().With("mode", 420).With("mtime", 2), content: content));
        _story.DeliverAll('A');
        Assert.Equal(2, _story.State('A').Item!.Heads.Count);
        Assert.Empty(MergeRecords.Open(_story.State('A')));
        // Another mode is another version, and only that one loses.
        _story.Write('C', 30, Writes.Put(null, "files", "key1", Sealed(3), metadata: new Metadata().With("mode", 493), content: content));
        _story.Write('D', 5, Writes.Put(null, "files", "key1", Sealed(4), metadata: new Metadata().With("mode", 493).With("mtime", 8), content: content));
        _story.DeliverAll('A');
        var record = Assert.Single(MergeRecords.Open(_story.State('A')));
        Assert.Equal(4, record.Heads.Count);
        Assert.Equal(2, record.Losers.Count);
        Assert.Equal(MergeReason.WrittenLater, record.Reason);
    }

    [Fact]
    public void Two_deletions_are_no_conflict()
    {
        _story.Put('A', "a", 10);
        _story.DeliverAll('B');
        _story.Delete('A', 20);
        _story.Delete('B', 30);
        _story.DeliverAll('A', 'B');
        Assert.Equal(2, _story.State('A').Item!.Heads.Count);
        Assert.Empty(MergeRecords.Open(_story.State('A')));
        Assert.True(_story.State('A').IsOnlyDeleted);
    }

    [Fact]
    public void Causality_beats_a_clock_that_is_a_year_ahead()
    {
        ulong year = 31_536_000_000UL << 16;
        _story.Put('A', "from the future", year);
        _story.DeliverAll('B');
        _story.Put('B', "seen and replaced", 20);
        _story.DeliverAll('A');
        foreach (char device in "AB") Assert.Equal("seen and replaced", Story.Shown(View.Of(_story.State(device)).Winner!.Value));
        // It carries a time behind the one it replaced, so it also stands before versions that only the future one was greater than.
        Assert.Equal(year + 1, View.Of(_story.State('A')).Winner!.Timestamp.Value);
    }

    [Fact]
    public void A_put_over_several_versions_settles_them_and_wins_itself()
    {
        _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.DeliverAll('A');
        var put = _story.Put('A', "both", 30);
        var record = Assert.Single(Decode(_story.Replica('A').Records()));
        Assert.Equal((MergeState.Settled, MergeRule.Superseded, MergeReason.SawAll, MergeAuthor.Automatic), (record.State, record.Rule, record.Reason, record.By));
        Assert.Equal(put.Id, record.Winner.Commit);
        Assert.Equal(2, record.Losers.Count);
    }

    [Fact]
    public void A_resolve_that_equals_no_version_wins_itself()
    {
        _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.DeliverAll('A');
        var both = Writes.Put(_story.State('A'), "files", "key1", Story.Text("merged by hand")) with { Kind = OperationKind.Resolve };
        var commit = _story.Write('A', 30, both);
        var record = Assert.Single(Decode(_story.Replica('A').Records()));
        Assert.Equal((commit.Id, MergeRule.Resolved, MergeAuthor.Person), (record.Winner.Commit, record.Rule, record.By));
    }

    [Fact]
    public void An_ordinary_write_leaves_no_record()
    {
        _story.Put('A', "a", 10);
        _story.Put('A', "b", 20);
        _story.Delete('A', 30);
        Assert.Equal([(byte)0x80], _story.Replica('A').Records());
    }

    [Fact]
    public void Records_come_back_from_their_bytes_and_damage_is_refused()
    {
        var a = _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.DeliverAll('A');
        byte[] open = Bytes(MergeRecords.Open(_story.State('A'))[0]);
        _story.Write('A', 30, Writes.Resolve(_story.State('A'), a.Operations[0].Origin.Dot));
        byte[] settled = Bytes(Decode(_story.Replica('A').Records())[0]);
        foreach (byte[] good in new[] { open, settled })
        {
            Assert.Equal(good, Bytes(Read(good)));
            for (int length = 0; length < good.Length; length++) Assert.Throws<VaultFormatException>(() => Read(good.AsSpan(0, length).ToArray()));
            // The id covers the key: a record cannot be moved to another one.
            int at = good.AsSpan().IndexOf("key1"u8);
            byte[] moved = [.. good];
            moved[at] ^= 1;
            Assert.Throws<VaultFormatException>(() => Read(moved));
        }
    }

    private static List<MergeRecord> Decode(byte[] list)
    {
        var reader = new CborReader(list);
        var records = new MergeRecord[reader.ReadArray(1000)];
        for (int i = 0; i < records.Length; i++) records[i] = MergeRecord.Read(ref reader);
        reader.Finish();
        return [.. records];
    }

    private static MergeRecord Read(byte[] bytes)
    {
        var reader = new CborReader(bytes);
        var record = MergeRecord.Read(ref reader);
        reader.Finish();
        return record;
    }

    private static byte[] Bytes(MergeRecord record)
    {
        var writer = new CborWriter();
        record.Write(writer);
        return writer.ToArray();
    }
}
