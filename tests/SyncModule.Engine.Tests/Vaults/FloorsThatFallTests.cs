using System.Text;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>A device that was put back has less than it had said before: what everybody has may lie below a checkpoint that others already stand on (format-1 §8).</summary>
public sealed class FloorsThatFallTests
{
    [Fact]
    public void Who_pruned_makes_no_checkpoint_below_the_one_that_it_stands_on()
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        Pruned(desks);
        three.RestoreBackup(noticed: true);
        two.Vault.TakeAcknowledgements(three.Vault.AcknowledgementsFor(two.Vault.Device)); // the beginning of a session, and no more of it
        Assert.Null(two.Vault.PlanCheckpoint().Floor);
        two.Vault.Delete("items", ["k"]);
        long commits = two.Vault.Status().Commits;
        Assert.Null(two.Vault.MakeCheckpoint(withSnapshot: true).Floor);
        Assert.Equal(commits, two.Vault.Status().Commits);
        desks.AllMeet();
        ThreeDesks.Sync(three, two);
        Assert.Equal(1, two.Vault.MakeCheckpoint(withSnapshot: true).Deletions); // it has come back, and everybody has everything
        desks.AllMeet();
        Assert.All([one, two, three], d => Assert.Null(d.Vault.Find("items", "k")));
        desks.AssertSame();
    }

    [Fact]
    public void A_checkpoint_below_the_one_that_a_device_stands_on_raises_no_alarm_there()
    {
        using var desks = new ThreeDesks();
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        Pruned(desks);
        three.RestoreBackup(noticed: true);
        one.Vault.TakeAcknowledgements(three.Vault.AcknowledgementsFor(one.Vault.Device));
        var before = one.Vault.AppliedVector();
        var floor = one.Vault.MakeCheckpoint(withSnapshot: true).Floor; // who has the whole log can say what stands there
        Assert.True(floor is { Count: > 0 } && floor.Logs.Any(l => l.Value[^1].Sequence < before.Sequence(l.Key)));
        ThreeDesks.Sync(two, one);
        Assert.Equal(0, two.Vault.CompareCheckpoints());
        desks.AllMeet();
        desks.AssertSame();
        two.LoseIndex();
        desks.AssertSame();
    }

    // Two stands on a snapshot of all that was written; three has a backup of a time when the half of it was there.
    private static void Pruned(ThreeDesks desks)
    {
        var (one, two, three) = (desks[0], desks[1], desks[2]);
        two.Vault.Put("items", "k", Text("0"));
        desks.AllMeet();
        three.MakeBackup();
        for (int i = 1; i < 5; i++) two.Vault.Put("items", "k", Text($"{i}"));
        desks.AllMeet();
        Assert.True(one.Vault.MakeCheckpoint(withSnapshot: true).Floor is { Count: > 0 });
        ThreeDesks.Sync(two, one);
        Assert.True(two.Vault.Prune(history: true).Commits > 0);
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));
}
