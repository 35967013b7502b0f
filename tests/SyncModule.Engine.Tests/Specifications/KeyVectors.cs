using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>The key schedule (§4): every derivation from one ES, one IK and one invite.</summary>
internal static class KeyVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(CryptographyVectors.Page, "keys.json", "every derived key of one vault whose ES is 00…1f; the vault id is that of identity.json");
        using var epoch = Fixed.Epoch();
        using var genesis = new GenesisKeys(epoch);
        file.Case("inputs", ("es", Fixed.EpochSecret), ("vaultId", Fixed.Vault))
            .Case("from ES", ("epoch/id", epoch.EpochId), ("epoch/net", SecretKeyBytes.Of(epoch.Network.Secret)), ("object", SecretKeyBytes.Of(epoch.ObjectKey)), ("block/siv", SecretKeyBytes.Of(epoch.Blocks.Siv.Siv)), ("block/key", SecretKeyBytes.Of(epoch.Blocks.Siv.Key)))
            .Case("from ES of genesis", ("content", Content(epoch)), ("digest", SecretKeyBytes.Of(genesis.Digest)), ("cdc", SecretKeyBytes.Of(genesis.Chunking)))
            .Case("a content id", ("plain", "hello"u8.ToArray()), ("content", genesis.ContentOf(Digest.Hash("hello"u8))))
            .Case("a content id of a value of two chunks", ("keys", Fixed.Counting(0x21, 64)), ("length", 90_000), ("content", OfChunks(genesis)))
            .Case("a collection's tag", ("nameText", "items"), ("tag", genesis.TagOf("items")))
            .Case("a collection's tag does not depend on how the name is composed", ("nameText", "u\u0308ber"), ("tag", Same(genesis.TagOf("u\u0308ber"), genesis.TagOf("\u00fcber"))))
            .Case("from NS", ("noise/psk", SecretKeyBytes.Of(epoch.Network.NoisePsk)), ("noise/mac1", SecretKeyBytes.Of(epoch.Network.NoiseMac1)))
            .Case("from NS of genesis", ("member/siv", SecretKeyBytes.Of(genesis.Membership.Siv.Siv)), ("member/key", SecretKeyBytes.Of(genesis.Membership.Siv.Key)))
            .Case("from NS, reserved", ("mdns", Of(epoch.Network, Labels.Mdns)), ("hub/envelope", Of(epoch.Network, Labels.HubEnvelope)), ("hub/nonce", Of(epoch.Network, Labels.HubNonce)), ("hub/sender", Of(epoch.Network, Labels.HubSender)));
        AddLocal(file);
        AddInvite(file);
        return file;
    }

    private static void AddLocal(VectorFile file)
    {
        using var secret = Fixed.Secret(Fixed.Counting(0x70));
        using var keys = new IndexKeys(secret, Fixed.Vault);
        file.Case("from IK", ("ik", Fixed.Counting(0x70)), ("index/tag", SecretKeyBytes.Of(keys.Tag)), ("index/dedup", SecretKeyBytes.Of(keys.Dedup)), ("index/siv", SecretKeyBytes.Of(keys.Index.Siv)), ("index/key", SecretKeyBytes.Of(keys.Index.Key)), ("local/siv", SecretKeyBytes.Of(keys.Local.Siv)), ("local/key", SecretKeyBytes.Of(keys.Local.Key)));
    }

    private static void AddInvite(VectorFile file)
    {
        byte[] secret = Fixed.Counting(0xe0, 16);
        using var invite = new InviteSecret(secret, Fixed.Vault);
        file.Case("from an invite", ("secret", secret), ("is", HMACSHA256.HashData(Labels.Invite, secret)), ("invite/psk", SecretKeyBytes.Of(invite.NoisePsk)), ("invite/mac1", SecretKeyBytes.Of(invite.NoiseMac1)), ("invite/mailbox", Of(invite, Labels.InviteMailbox)), ("invite/blob", Of(invite, Labels.InviteBlob)));
    }

    private static SecretKeyBytes Of(NetworkKeys keys, ReadOnlySpan<byte> label)
    {
        using var key = keys.Derive(label);
        return SecretKeyBytes.Of(key);
    }

    private static SecretKeyBytes Of(InviteSecret invite, ReadOnlySpan<byte> label)
    {
        using var key = invite.Derive(label);
        return SecretKeyBytes.Of(key);
    }

    // The product never hands this one out: it is computed here by the page's own words.
    private static byte[] Content(EpochKeys epoch) => HMACSHA256.HashData(epoch.Secret.Span, [.. Labels.Content, .. Fixed.Vault.ToArray(), 1]);

    private static Id32 OfChunks(GenesisKeys genesis)
    {
        using var content = new LongContent(genesis);
        content.Add(new Id32(Fixed.Counting(0x21)), 70_000);
        content.Add(new Id32(Fixed.Counting(0x41)), 20_000);
        return content.Finish();
    }

    private static Id16 Same(Id16 one, Id16 other)
    {
        Assert.Equal(one, other);
        return one;
    }
}
