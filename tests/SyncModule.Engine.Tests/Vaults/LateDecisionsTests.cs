using System.Text;
using SyncModule.Core.Merging;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Records, and what is counted, are equal on who pruned and on who has the whole log, whatever comes back from before the floor (docs/decisions/121).</summary>
public sealed class LateDecisionsTests
{
    [Theory]
    [InlineData(true, true)] // noticed or not; the late decision comes before the checkpoint to one of them, or behind it to both
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void What_a_device_that_was_put_back_decides_about_versions_that_are_gone_is_told_alike_by_who_pruned_and_who_did_not(bool noticed, bool early)
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        two.Vault.Put("items", "k", Text("by two"));
        three.Vault.Put("items", "k", Text("by three"));
        two.Vault.Put("items", "other", Text("1"));
        three.Vault.Put("items", "other", Text("2"));
        desks.AllMeet();
        three.MakeBackup();
        two.Vault.Put("items", "k", Text("both seen"), overwrite: true);
        desks.AllMeet();
        Assert.True(one.Vault.MakeCheckpoint(withSnapshot: true).Floor is { Count: > 0 });
        if (!early) Prune();
        three.RestoreBackup(noticed);
        three.Vault.Put("items", "k", Text("seen from the backup"), overwrite: true);
        ThreeDesks.Sync(three, two);
        if (early) Prune();
        three.Vault.Put("items", "other", Text("3"), overwrite: true); // what it replaces stands below the floor
        desks.AllMeet();
        desks.AssertSame();
        var record = Assert.Single(one.Vault.MergeRecords(), r => r.State == MergeState.Settled && r.Key == "other");
        Assert.Equal(2, record.Heads.Count);
        Assert.Equal(two.Vault.Device, Assert.Single(one.Vault.MergeRecords(), r => r.State == MergeState.Settled && r.Key == "k").Decision!.Device); // that of three names nobody
        two.LoseIndex();
        desks.AssertSame();

        void Prune()
        {
            ThreeDesks.Sync(two, one);
            Assert.Equal(early, two.Vault.Prune(history: true).Commits == 0); // what a decision above the floor replaced is kept
        }
    }

    [Fact]
    public void A_floor_stops_below_what_replaced_a_version_that_a_record_above_it_names()
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        two.Vault.Put("items", "k", Text("by two"));
        three.Vault.Put("items", "k", Text("by three"));
        desks.AllMeet();
        two.Vault.Put("items", "k", Text("two's"), overwrite: true);
        ThreeDesks.Sync(three, two);
        ThreeDesks.Sync(three, two); // three has it, and has said so
        one.Vault.Put("items", "k", Text("one's"), overwrite: true);
        ThreeDesks.Sync(two, one);
        ThreeDesks.Sync(two, one);
        Assert.Equal(2, one.Vault.MergeRecords().Count(r => r.State == MergeState.Settled && r.Heads.Count == 2));
        one.Vault.MakeCheckpoint(withSnapshot: true);
        two.Vault.Delete("items", ["nothing"]);
        desks.AllMeet();
        Assert.Equal(2, one.Vault.MergeRecords().Count(r => r.State == MergeState.Settled && r.Heads.Count == 2));
        desks.AssertSame();
        one.Vault.MakeCheckpoint(withSnapshot: true); // by now everybody has both
        ThreeDesks.Sync(two, one);
        Assert.True(two.Vault.Prune(history: true).Commits > 0);
        desks.AllMeet();
        desks.AssertSame();
        Assert.Equal(2, two.Vault.MergeRecords().Count(r => r.State == MergeState.Settled && r.Heads.Count == 2));
    }

    // Found by the same run: the index that was made again after pruning folded the other branch before the one that the snapshot stands for, and a tree hid what it had not seen.
    [Fact]
    public void What_another_branch_of_a_log_wrote_below_a_number_of_the_floor_is_counted_by_an_index_that_begins_there()
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        three.Vault.Put("items", "a/x", Text("1"));
        three.MakeBackup();
        for (int i = 0; i < 5; i++) three.Vault.Put("items", "a/y", Text("2." + i));
        one.Vault.Put("items", "stays", Text("3"));
        desks.AllMeet();
        one.Vault.RemoveTree("items", "a/");
        desks.AllMeet();
        Assert.True(one.Vault.MakeCheckpoint(withSnapshot: true).Floor is { Count: > 0 });
        three.RestoreBackup(noticed: false);
        three.Vault.Put("items", "a/late", Text("4"));
        three.Vault.Put("items", "a/later", Text("5"));
        desks.AllMeet();
        Assert.True(two.Vault.Prune(history: true).Commits > 0);
        for (int turn = 0; turn < 2; turn++)
        {
            Assert.Equal(["a/late", "a/later", "stays"], two.Vault.Items().Where(i => i.IsAlive).Select(i => i.Key));
            Assert.Equal(3, two.Vault.Status().Items);
            Assert.Equal(3, one.Vault.Status().Items);
            desks.AssertSame();
            two.LoseIndex();
        }
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));
}
