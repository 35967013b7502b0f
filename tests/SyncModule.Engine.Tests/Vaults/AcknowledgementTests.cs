using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Nodes;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>What devices sign of themselves and hand on (format-1 §8), over real sessions.</summary>
public sealed class AcknowledgementTests
{
    [Fact]
    public async Task A_session_tells_both_what_the_other_has_applied_and_a_second_one_tells_nothing()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("items", "x", new MemoryStream([1]));
        await pair.SyncAsync(1, 0);
        foreach (var (vault, other) in new[] { (a, b), (b, a) })
        {
            var said = Assert.Single(vault.Acknowledgements(), k => k.Device == other.Device);
            Assert.True(said.Applied.SameAs(other.AppliedVector()));
            Assert.True(said.Full);
            Assert.Equal(other.Membership.Heads.Order(), said.Members);
            Assert.True(said.Verify(SignatureVerifier.Instance));
        }

        Assert.Empty(b.AcknowledgementsFor(a.Device));
        Assert.Equal(SyncOutcome.UpToDate, (await pair.SyncAsync(1, 0)).Outcome);
        a.Put("items", "y", new MemoryStream([2]));
        Assert.Single(a.AcknowledgementsFor(b.Device));
    }

    [Fact]
    public async Task What_a_device_said_reaches_one_that_never_meets_it()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        three[2].Vault.Put("items", "x", new MemoryStream([1]));
        await three.SyncAsync(2, 0);
        await three.SyncAsync(1, 0);
        var said = Assert.Single(three[1].Vault.Acknowledgements(), k => k.Device == three[2].Vault.Device);
        Assert.True(said.Applied.SameAs(three[2].Vault.AppliedVector()));
        Assert.True(said.Own.SameAs(said.Applied));
    }

    [Fact]
    public async Task What_waits_for_something_else_is_not_acknowledged()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        b.Put("cause", "1");
        await three.SyncAsync(2, 1);
        c.Put("effect", "2");
        var effect = c.CommitsBehind(Lane.Data, b.AppliedVector()).Single();
        a.Receive([c.ReadBundle(effect, withSmallObjects: false)!]); // without its cause
        Assert.Equal(1, a.Status().Waiting);
        var said = a.AcknowledgementsFor(b.Device).Select(e => Acknowledgement.Decode(e)).Single(k => k.Device == a.Device);
        Assert.Empty(said.Applied.Logs);
        Assert.False(said.Full);
    }

    [Fact]
    public async Task What_is_not_signed_by_a_member_of_this_vault_says_nothing()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        await pair.SyncAsync(1, 0);
        var stranger = DeviceKeys.Create(SystemRandomSource.Instance);
        var late = new HybridTimestamp(1UL << 62);
        Acknowledgement Of(VaultId vault, DeviceId device, HybridTimestamp time, DeviceKeys by) => Acknowledgement.Create(vault, device, time, new(), true, [], new(), m => by.Sign(m));
        a.TakeAcknowledgements(
        [
            Of(a.Id, b.Device, late, stranger).Encode(),
            Of(a.Id, stranger.Device, late, stranger).Encode(),
            Of(new([.. Enumerable.Repeat((byte)7, 32)]), b.Device, late, b.Keys.Device).Encode(),
            Of(a.Id, b.Device, new(1), b.Keys.Device).Encode(),
            [1, 2, 3],
        ]);
        Assert.DoesNotContain(a.Acknowledgements(), k => k.Device == stranger.Device);
        Assert.True(a.Acknowledgements().Single(k => k.Device == b.Device).Applied.SameAs(b.AppliedVector()));
        a.TakeAcknowledgements([Of(a.Id, b.Device, late, b.Keys.Device).Encode(), Of(a.Id, b.Device, new((1UL << 62) - 1), b.Keys.Device).Encode()]);
        Assert.Equal(late, a.Acknowledgements().Single(k => k.Device == b.Device).Timestamp);
    }

    [Fact]
    public void It_comes_back_from_its_bytes_and_a_flipped_bit_is_refused_or_breaks_the_signature()
    {
        using var vault = TestVault.Create();
        vault.Vault.Put("items", "x", new MemoryStream([1]));
        byte[] encoded = Assert.Single(vault.Vault.AcknowledgementsFor(default));
        Assert.Equal(encoded, Acknowledgement.Decode(encoded).Encode());
        for (int bit = 0; bit < encoded.Length * 8; bit++)
        {
            byte[] flipped = [.. encoded];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.False(Acknowledgement.Decode(flipped).Verify(SignatureVerifier.Instance));
            }
            catch (Core.Encoding.VaultFormatException)
            {
                // refused
            }
        }
    }
}
