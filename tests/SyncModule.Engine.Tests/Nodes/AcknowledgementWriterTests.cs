using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Transport;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class AcknowledgementWriterTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Acknowledgements_are_written_five_a_second_at_most_and_the_last_one_in_any_case()
    {
        using var test = TestVault.Create();
        using var vault = VaultCreation.Open(new FolderStores(test.Folder, test.Witness), file => file.UnlockWithKeyFile(test.Key), _time, SystemRandomSource.Instance);
        var peer = vault.Device;
        var log = default(LogId);
        var seen = new List<long?>();
        using (var writer = new AcknowledgementWriter(vault, peer))
        {
            for (ulong i = 1; i < 100; i++)
            {
                writer.Take(Held(log, i));
                _time.Advance(TimeSpan.FromMilliseconds(10));
                long? known = PeerAcknowledgements.LagOf(vault, peer)?.Behind;
                if (seen.Count == 0 || seen[^1] != known) seen.Add(known);
            }

            Assert.Equal(5, seen.Count);
            Assert.Equal(1, seen[0]);
            writer.Take(Held(log, 200));
            _time.Advance(AcknowledgementWriter.Interval);
            Assert.Equal(200, PeerAcknowledgements.LagOf(vault, peer)!.Behind);
            writer.Take(Held(log, 300));
            Assert.Equal(200, PeerAcknowledgements.LagOf(vault, peer)!.Behind);
        }

        Assert.Equal(300, PeerAcknowledgements.LagOf(vault, peer)!.Behind);
    }

    [Fact]
    public void A_vault_that_is_closed_meanwhile_ends_nothing()
    {
        using var test = TestVault.Create();
        var vault = VaultCreation.Open(new FolderStores(test.Folder, test.Witness), file => file.UnlockWithKeyFile(test.Key), _time, SystemRandomSource.Instance);
        var writer = new AcknowledgementWriter(vault, vault.Device);
        writer.Take(Held(default, 1));
        vault.Dispose();
        _time.Advance(AcknowledgementWriter.Interval);
        Assert.Throws<ObjectDisposedException>(writer.Dispose);
    }

    private static VersionVector Held(LogId log, ulong sequence)
    {
        var held = new VersionVector();
        held.Set(log, new Tip(sequence, default));
        return held;
    }
}
