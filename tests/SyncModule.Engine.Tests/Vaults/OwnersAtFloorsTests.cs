using System.Text;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Hosts;
using Meeting = SyncModule.LargeRuns.Hosts.Meeting;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>What counts below the floor of a checkpoint with a snapshot is fixed by what lies below it (format-1 §8, docs/decisions/126): on who has the whole log and on who began with the snapshot.</summary>
public sealed class OwnersAtFloorsTests
{
    // Found by three devices that did everything at once: the one with the whole log refused a write that the one which had pruned went on to show.
    [Theory]
    [InlineData(true)] // the claim comes to the one that pruned before the checkpoint does, or after it
    [InlineData(false)]
    public void A_device_that_comes_back_and_claims_what_it_had_not_seen_takes_nothing_from_below_the_floor(bool claimFirst)
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        three.MakeBackup();
        two.Vault.Put("volumes", "disk", Text("1"));
        two.Vault.Put("volumes", "disk", Text("2"));
        foreach (var (from, to) in new[] { (two, one), (three, one), (two, one), (three, one), (two, one) }) ThreeDesks.Sync(from, to);
        Assert.True(one.Vault.MakeCheckpoint(withSnapshot: true).Floor is { Count: > 0 });
        if (!claimFirst) Prune();
        three.RestoreBackup(noticed: false);
        three.Vault.Own("volumes", "disk");
        three.Vault.Put("volumes", "disk", Text("the owner's"));
        ThreeDesks.Sync(three, two);
        if (claimFirst) Prune();
        ThreeDesks.Sync(three, one);
        ThreeDesks.Sync(two, one);
        ThreeDesks.Sync(three, one);
        foreach (var desk in new[] { one, two, three })
        {
            Assert.Equal(["2", "the owner's"], desk.Vault.Find("volumes", "disk")!.Item!.Heads.Select(h => Encoding.UTF8.GetString(h.Value!.Inline.Span)).Order());
            Assert.Equal(three.Vault.Device, Assert.Single(desk.Vault.Owners("volumes")).Owner);
            Assert.Empty(desk.Vault.RefusedWrites());
            Assert.True(desk.Vault.StateFitsLog());
            Assert.Equal(one.Vault.Digest(), desk.Vault.Digest());
        }

        two.LoseIndex();
        Assert.Equal(one.Vault.Digest(), two.Vault.Digest());
        Assert.Equal(one.Vault.Digest().State, Joined(two.Vault).Digest().State);

        void Prune()
        {
            ThreeDesks.Sync(two, one);
            Assert.True(two.Vault.Prune(history: true).Commits > 0);
        }
    }

    // The claim that comes late is the greater one, and had seen what the owner below the floor had not.
    [Fact]
    public void What_the_owner_below_a_floor_refused_stays_refused_on_who_heard_of_a_greater_claim_first()
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        one.Vault.Put("volumes", "disk", Text("not the owner's"));
        ThreeDesks.Sync(three, one);
        three.MakeBackup();
        two.Vault.Own("volumes", "disk");
        foreach (var (from, to) in new[] { (two, one), (three, one), (two, one), (three, one), (two, one) }) ThreeDesks.Sync(from, to);
        Assert.Single(one.Vault.RefusedWrites());
        Assert.True(one.Vault.MakeCheckpoint(withSnapshot: true).Floor is { Count: > 0 });
        three.RestoreBackup(noticed: true);
        three.Vault.Own("volumes", "disk");
        ThreeDesks.Sync(three, two);
        Assert.Empty(two.Vault.RefusedWrites()); // it has not heard of the checkpoint
        foreach (var (from, to) in new[] { (two, one), (three, one), (two, one) }) ThreeDesks.Sync(from, to);
        foreach (var desk in new[] { one, two, three })
        {
            Assert.Single(desk.Vault.RefusedWrites());
            Assert.Equal(three.Vault.Device, Assert.Single(desk.Vault.Owners("volumes")).Owner);
            Assert.True(desk.Vault.StateFitsLog());
            Assert.Equal(one.Vault.Digest(), desk.Vault.Digest());
        }
    }

    [Fact]
    public async Task A_floor_stops_below_a_write_whose_refusal_not_everybody_knows()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        a.Put("volumes", "before", Text("0"));
        await three.SyncAsync(1, 0);
        b.Put("volumes", "disk", Text("not the owner's"));
        await three.SyncAsync(2, 1);
        await three.SyncAsync(2, 1); // c has said that it has the write
        a.Own("volumes", "disk");
        await three.SyncAsync(1, 0);
        await three.SyncAsync(1, 0);
        Assert.Single(a.RefusedWrites());
        var floor = a.PlanCheckpoint().Floor!; // all have the write, and c has not heard of the owner
        var log = a.AppliedVector().Logs.Single(l => l.Value.Any(t => a.FindCommit(t.Id)!.Device == b.Device)).Key;
        Assert.Equal(a.AppliedVector().Sequence(log) - 1, floor.Sequence(log));
        a.MakeCheckpoint(withSnapshot: true);
        Assert.Equal(0, a.CompareCheckpoints());
        await three.SyncAsync(1, 0);
        await three.SyncAsync(2, 1);
        await three.SyncAsync(2, 1);
        await three.SyncAsync(1, 0);
        Assert.Equal(a.AppliedVector().Sequence(log), a.PlanCheckpoint().Floor!.Sequence(log));
        a.MakeCheckpoint(withSnapshot: true);
        a.Prune(history: true);
        foreach (int i in new[] { 1, 2 })
        {
            await three.SyncAsync(i, 0);
            Assert.Equal(a.Digest(), three[i].Vault.Digest());
            Assert.Single(three[i].Vault.RefusedWrites());
        }

        Assert.Null(a.Find("volumes", "disk"));
    }

    // Whoever owns a part of something later had seen what its owner wrote.
    [Fact]
    public async Task A_first_owner_changes_nothing_of_what_it_had_seen()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Own("volumes", "disk");
        a.Put("volumes", "disk/part", Text("by the owner"));
        b.Put("volumes", "disk/part/x", Text("by nobody"));
        await pair.SyncAsync(1, 0);
        Assert.Single(a.RefusedWrites());
        b.Own("volumes", "disk/part");
        b.Put("volumes", "disk/part/y", Text("by the owner of the part"));
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(["disk/part", "disk/part/y"], vault.Items().Of("volumes").Select(i => i.Key));
            Assert.Equal("disk/part/x", Assert.Single(vault.RefusedWrites()).Operation.Key);
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    private static Vault Joined(Vault inviter)
    {
        var host = Host.New("joiner");
        Meeting.Pair(inviter, host, new HostProcess(host));
        return new HostProcess(host).Open();
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));
}
