using System.Text;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Deletions are forgotten by an operation, when every device has applied them (format-1 §8); over real sessions.</summary>
public sealed class CheckpointTests
{
    [Fact]
    public async Task Deletions_that_everybody_has_are_forgotten_everywhere()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        foreach (string key in new[] { "stays", "goes", "goes too" }) a.Put("items", key, Text(key));
        a.PutObject("items", "fields", """{ "a": 1, "b": { "c": 2 } }"""u8.ToArray());
        a.Delete("items", ["goes", "goes too"]);
        a.Patch("items", "fields", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/b/c"] = null });
        Assert.Equal(0, a.PlanCheckpoint().Deletions); // the other has said that it has nothing yet
        await pair.SyncAsync(1, 0);
        var plan = a.PlanCheckpoint();
        Assert.Equal(3, plan.Deletions);
        Assert.True(plan.Floor!.SameAs(a.AppliedVector()));
        Assert.Equal(3, a.MakeCheckpoint().Deletions);
        Assert.Null(a.Find("items", "goes"));
        Assert.Equal(0, a.PlanCheckpoint().Deletions);
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Null(vault.Find("items", "goes"));
            Assert.Null(vault.Find("items", "fields")!.Find("/b/c"));
            Assert.Equal(2, vault.Status().Items);
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(0, b.CompareCheckpoints()); // the sync has done it
    }

    [Fact]
    public async Task A_device_that_was_never_heard_of_holds_the_floor_at_nothing()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b) = (three[0].Vault, three[1].Vault);
        foreach (var vault in new[] { a, b }) Forget(vault, three[2].Vault.Device);
        a.Put("items", "x", Text("x"));
        a.Delete("items", ["x"]);
        await three.SyncAsync(1, 0);
        Assert.Null(a.PlanCheckpoint().Floor);
        Assert.Equal(0, a.MakeCheckpoint().Deletions);
        Assert.True(a.Retire(three[2].Vault.Device));
        Assert.False(a.Retire(three[2].Vault.Device));
        Assert.True(Assert.Single(a.PlanCheckpoint().Devices, d => d.Device == three[2].Vault.Device).Retired);
        await three.SyncAsync(1, 0);
        Assert.Equal(1, b.MakeCheckpoint().Deletions); // the other knows of it too
        await three.SyncAsync(2, 1); // it comes back, is heard, and waited for again
        Assert.Null(three[2].Vault.Find("items", "x"));
        Assert.DoesNotContain(b.PlanCheckpoint().Devices, d => d.Retired);
        Assert.DoesNotContain(Vault.DevicesCollection, b.CollectionNames());
        Assert.Equal(b.Digest().State, three[2].Vault.Digest().State);
    }

    [Fact]
    public void What_a_rolled_back_folder_writes_under_numbers_below_the_floor_is_not_taken_for_what_everybody_has()
    {
        var (first, second) = (SyncModule.LargeRuns.Hosts.Host.New("one"), SyncModule.LargeRuns.Hosts.Host.New("two"));
        new SyncModule.LargeRuns.Hosts.HostProcess(first).Create();
        using var one = new SyncModule.LargeRuns.Devices.Desk(first);
        SyncModule.LargeRuns.Hosts.Meeting.Pair(one.Vault, second, new SyncModule.LargeRuns.Hosts.HostProcess(second));
        using var two = new SyncModule.LargeRuns.Devices.Desk(second);
        two.Vault.Put("items", "before", Text("1"));
        two.MakeBackup();
        two.Vault.Put("items", "x", Text("2"));
        two.Vault.Delete("items", ["x"]);
        Sync();
        Assert.Equal(1, one.Vault.MakeCheckpoint().Deletions);
        two.RestoreBackup(noticed: false);
        two.Vault.Put("items", "other", Text("3"));
        two.Vault.Put("items", "other", Text("4"));
        Sync(); // compares the checkpoint with what it computes itself
        Assert.Contains(one.Vault.HeldVector(Lane.Data).Logs, l => l.Value.Length > 1);
        Assert.Equal(one.Vault.Digest(), two.Vault.Digest());
        Assert.Null(two.Vault.Find("items", "x"));

        void Sync() => Assert.Null(SyncModule.LargeRuns.Hosts.Meeting.Sync(two.Vault, one.Vault).Peers[0].Error);
    }

    // Lesson: an acknowledgement of the newest change said that all earlier ones had come too.
    [Fact]
    public async Task What_one_device_lacks_is_not_below_the_floor_whatever_else_it_has()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        await three.SyncAsync(2, 0);
        b.Put("items", "slow", Text("slow"));
        b.Delete("items", ["slow"]);
        await three.SyncAsync(1, 0);
        a.Put("items", "fast", Text("fast"));
        a.Delete("items", ["fast"]);
        // The third has the newest of the first device and nothing of the second's: a's commits depend on b's, so it waits for both.
        c.Put("items", "third", Text("third"));
        c.Delete("items", ["third"]);
        var said = Assert.Single(a.Acknowledgements(), k => k.Device == c.Device);
        Assert.Equal(0UL, said.Applied.Logs.Aggregate(0UL, (sum, l) => sum + l.Value[^1].Sequence));
        Assert.Equal(0, a.PlanCheckpoint().Deletions);
        await three.SyncAsync(2, 0);
        foreach (var vault in new[] { a, c }) Assert.Equal(1, vault.PlanCheckpoint().Deletions); // "slow" alone is with everybody: b lacks the others
        await three.SyncAsync(1, 0);
        Assert.Equal(3, b.MakeCheckpoint().Deletions);
        await three.SyncAsync(0, 1);
        await three.SyncAsync(2, 1);
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(a.Digest(), c.Digest());
    }

    [Fact]
    public async Task What_a_device_has_written_and_not_shown_holds_the_floor()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("items", "x", Text("x"));
        await pair.SyncAsync(1, 0);
        b.Put("items", "x", Text("unseen"));
        a.TakeAcknowledgements(b.AcknowledgementsFor(a.Device)); // its word came, by another way than its commits
        Assert.Null(a.PlanCheckpoint().Floor);
        Assert.Equal(1, Assert.Single(a.PlanCheckpoint().Devices, d => d.Device == b.Device).Unseen);
    }

    [Fact]
    public async Task A_write_that_did_not_see_the_checkpoint_and_one_that_did_both_count()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        foreach (string key in new[] { "one", "two" }) a.Put("items", key, Text(key));
        a.Delete("items", ["one", "two"]);
        await three.SyncAsync(1, 0);
        await three.SyncAsync(2, 0);
        Assert.Equal(2, a.MakeCheckpoint().Deletions);
        b.Put("items", "one", Text("again")); // over the deletion, which is there still
        a.Put("items", "two", Text("anew"));
        for (int round = 0; round < 2; round++)
        {
            await three.SyncAsync(1, 0);
            await three.SyncAsync(2, 0);
        }

        foreach (var vault in new[] { a, b, c })
        {
            Assert.Equal(["one", "two"], vault.Items().Of("items").Select(i => i.Key));
            Assert.True(vault.StateFitsLog());
            Assert.Empty(vault.MergeRecords());
        }

        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(a.Digest(), c.Digest());
    }

    [Fact]
    public async Task A_checkpoint_that_speaks_of_another_state_is_told_and_takes_nothing_that_lives()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("items", "x", Text("x"));
        await pair.SyncAsync(1, 0);
        var liar = new ForeignWriter(a.Id, b.Keys.Device, new([.. Enumerable.Repeat((byte)9, 16)]));
        var dot = a.Find("items", "x")!.Item!.First.Dot;
        var lie = new Operation("items", "", OperationKind.Checkpoint, [], null, false, null, [], null, null) { Detail = new CheckpointDetail(a.AppliedVector(), default, [new("x", [new("", [dot])])], null) };
        var (_, bundle) = liar.Write(a.Keys.Epochs.Values.Single(), a.Membership.Heads, 1UL << 40, [(a.Keys.CollectionTag("items"), OperationList.Encode([lie]))], a.AppliedVector().Logs.SelectMany(l => l.Value).Select(t => t.Id));
        Assert.Equal(1, a.Receive([new CommitBundle(bundle.Record, bundle.Blocks, [])]).Stored);
        Assert.True(a.Find("items", "x")!.IsAlive);
        Assert.Equal(SyncErrors.StateDiverged, Assert.Throws<SyncException>(() => a.CompareCheckpoints()).Kind);
        Assert.Equal(SyncErrors.StateDiverged, (await pair.SyncAsync(0, 1)).Peers[0].Error?.Kind); // and again, until somebody looks
    }

    // What its author may not write has no effect; what it names may be needed should it count one day.
    [Fact]
    public void A_strangers_commit_holds_no_floor_and_nothing_is_swept_while_it_cannot_be_opened()
    {
        using var vault = TestVault.Create();
        var a = vault.Vault;
        a.Put("items", "x", Text("x"));
        a.Delete("items", ["x"]);
        var stranger = new ForeignWriter(a.Id, DeviceKeys.Create(SystemRandomSource.Instance), new([.. Enumerable.Repeat((byte)8, 16)]));
        var (_, bundle) = stranger.WriteSealed(a.Membership.Heads, 1UL << 40, [(a.Keys.CollectionTag("items"), _ => [.. Enumerable.Repeat((byte)3, 200)])]);
        Assert.Equal(1, a.Receive([bundle]).Stored);
        Assert.Equal(CommitState.Quarantined, a.FindCommit(Commit.Decode(bundle.Record).Id)!.State);
        Assert.Equal(SyncErrors.PruneBlocked, Assert.Throws<SyncException>(() => a.PlanPrune(history: true)).Kind);
        Assert.Equal(SyncErrors.PruneBlocked, Assert.Throws<SyncException>(() => a.Prune(history: false)).Kind);
        Assert.Equal(1, a.MakeCheckpoint().Deletions);
        Assert.Single(a.Devices());
    }

    [Fact]
    public async Task Many_deletions_need_several_commits_and_all_are_forgotten()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        string[] keys = [.. Enumerable.Range(0, 20_000).Select(i => $"folder/{new string('k', 40)}/{i:00000}")];
        a.PutMany("items", [.. keys.Select(k => new PutValue(k, new byte[] { 1 }))]);
        a.Delete("items", keys);
        a.Put("other", "stays", Text("x"));
        await pair.SyncAsync(1, 0);
        long before = a.Status().Commits;
        Assert.Equal(keys.Length, a.MakeCheckpoint().Deletions);
        Assert.InRange(a.Status().Commits - before, 2, 20);
        await pair.SyncAsync(1, 0);
        Assert.Empty(b.Items().Of("items", deleted: true));
        Assert.Equal(a.Digest(), b.Digest());
        Assert.True(b.StateFitsLog());
    }

    // As if that device had never spoken.
    private static void Forget(Vault vault, DeviceId device)
    {
        using var transaction = vault.Local.Begin(write: true);
        transaction.Delete(LocalTables.Signed, device.ToArray());
        transaction.Commit();
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));
}
