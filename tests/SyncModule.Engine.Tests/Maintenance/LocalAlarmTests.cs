using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Maintenance;

/// <summary>What local.db says of lost commits is believed only as it was written (docs/decisions/070).</summary>
public sealed class LocalAlarmTests
{
    private static readonly DeviceId Peer = new([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);

    [Fact]
    public async Task A_rotten_acknowledgement_is_told_and_forgotten_and_raises_no_alarm_about_commits()
    {
        using var test = TestVault.Create();
        test.Vault.Put("k", "1");
        PeerAcknowledgements.Remember(test.Vault, Peer, test.Vault.HeldVector(Lane.Data));
        byte[] row = Row(test.Vault, LocalTables.Acknowledged, Peer.ToArray())!;
        Assert.Equal(0, PeerAcknowledgements.LagOf(test.Vault, Peer)?.Outbox);
        var log = test.Vault.HeldVector(Lane.Data).Logs.Single().Key;
        for (int bit = 0; bit < row.Length * 8; bit += 13)
        {
            row[bit / 8] ^= (byte)(1 << (bit % 8));
            Put(test.Vault, LocalTables.Acknowledged, Peer.ToArray(), row);
            row[bit / 8] ^= (byte)(1 << (bit % 8));
            test.Reopen();
            test.Vault.Put("k", "again");
            Assert.Equal(log, test.Vault.HeldVector(Lane.Data).Logs.Single().Key); // no new log: nothing is missing
            Assert.Null(PeerAcknowledgements.LagOf(test.Vault, Peer));
            Assert.Equal("local.db", Assert.Single(Verifier.Run(test.Vault, new VerifyOptions()).Damaged).Where);
            if (bit % 7 != 0) continue;
            await Repairer.RunAsync(test.Vault, new NodeOptions(), from: null);
            Assert.Empty(Verifier.Run(test.Vault, new VerifyOptions()).Damaged);
        }
    }

    [Fact]
    public void A_true_one_raises_it_and_a_rotten_note_of_the_loss_is_told()
    {
        using var test = TestVault.Create();
        test.Vault.Put("k", "1");
        var more = test.Vault.HeldVector(Lane.Data).Clone();
        var (log, tips) = more.Logs.Single();
        more.Set(log, new Tip(tips[0].Sequence + 3, tips[0].Id));
        PeerAcknowledgements.Remember(test.Vault, Peer, more);
        test.Reopen();
        Assert.StartsWith("log ", Assert.Single(Verifier.Run(test.Vault, new VerifyOptions()).Damaged).Where, StringComparison.Ordinal);
        test.Vault.Put("k", "2");
        Assert.Equal(2, test.Vault.HeldVector(Lane.Data).Count);

        byte[] note = Row(test.Vault, LocalTables.HighestHead, log.ToArray())!;
        note[^1] ^= 1;
        Put(test.Vault, LocalTables.HighestHead, log.ToArray(), note);
        Assert.Equal("local.db", Assert.Single(Verifier.Run(test.Vault, new VerifyOptions()).Damaged).Where);
    }

    private static byte[]? Row(Vault vault, int table, byte[] key)
    {
        using var transaction = vault.Local.Begin(write: false);
        return transaction.Get(table, key);
    }

    private static void Put(Vault vault, int table, byte[] key, byte[] row)
    {
        using var transaction = vault.Local.Begin(write: true);
        transaction.Put(table, key, row);
        transaction.Commit();
    }
}
