using SyncModule.Core.Merging;
using SyncModule.Engine.Tests.Nodes;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Merge records do not depend on the order in which a replica heard of things (format-1 §7).</summary>
public sealed class RecordOrderTests
{
    [Fact]
    public async Task A_record_tells_of_the_versions_that_were_decided_and_not_of_those_that_are_here_when_the_decision_comes()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        a.Put("k", "of a");
        b.Put("k", "of b");
        c.Put("k", "of c");
        await three.SyncAsync(1, 0);
        a.Put("k", "decided"); // over two versions
        b.Put("k", "again"); // over the same two, apart
        await three.SyncAsync(2, 1); // c hears b's decision first, and its own version competes
        c.Put("k", "over what c has");
        await three.SyncAsync(2, 0); // here the versions that a's decision is about are gone
        await three.SyncAsync(1, 0);
        byte[] records = MergeRecords.Encode(a.MergeRecords());
        Assert.Equal(records, MergeRecords.Encode(b.MergeRecords()));
        Assert.Equal(records, MergeRecords.Encode(c.MergeRecords()));
        Assert.Equal(3, c.MergeRecords().Count(r => r.State == MergeState.Settled));
        Assert.All(c.MergeRecords().Where(r => r.State == MergeState.Settled), r => Assert.True(r.Heads.Count == 2));
        foreach (var vault in new[] { a, b, c }) Assert.True(vault.StateFitsLog());
    }
}
