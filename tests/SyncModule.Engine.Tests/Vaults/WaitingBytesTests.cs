using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class WaitingBytesTests
{
    [Fact]
    public async Task Commits_that_wait_are_taken_up_to_a_limit_and_all_arrive_when_what_they_wait_for_does()
    {
        await using var trio = await PairedVaults.CreateAsync(3);

        // What device 2 writes from here on depends on a commit of device 1 that device 0 does not have.
        trio[1].Vault.Put("cause", "1");
        await trio.SyncAsync(2, 1);
        for (int i = 0; i < 30; i++) trio[2].Vault.Put("k" + i, new string('x', 3000) + i);
        var (effects, causes) = (Bundles(trio[2].Vault, trio[2].Vault.Device), Bundles(trio[2].Vault, trio[1].Vault.Device));
        Assert.Equal(30, effects.Count);
        Assert.Single(causes);

        trio[0].Vault.MostWaitingBytes = effects.Take(12).Sum(b => b.Bytes);
        var first = trio[0].Vault.Receive([.. effects.Take(10)]);
        Assert.Equal((10, 0), (first.Stored, first.Rejected.Count));
        var second = trio[0].Vault.Receive([.. effects.Skip(10)]);
        Assert.Equal(2, second.Stored);
        Assert.Equal(18, second.Rejected.Count);
        Assert.Equal(12, trio[0].Vault.Status().Waiting);
        Assert.Null(trio[0].Vault.Find("items", "k0"));

        trio[0].Vault.Receive(causes);
        Assert.Equal(0, trio[0].Vault.Status().Waiting);
        trio[0].Vault.Receive([.. effects.Skip(12).Take(9)]);
        trio[0].Vault.Receive([.. effects.Skip(21)]);
        Assert.Equal(trio[2].Vault.Digest(), trio[0].Vault.Digest());
    }

    private static List<CommitBundle> Bundles(Vault vault, DeviceId device) =>
        [.. vault.CommitsBehind(Lane.Data, new VersionVector()).Select(id => vault.ReadBundle(id, withSmallObjects: false)!).Where(b => Commit.Decode(b.Record).Header.Device == device)];
}
