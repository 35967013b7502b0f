using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public class KeyScheduleTests
{
    private static readonly VaultId Vault = Id32.FromHex(new string('a', 64));

    private static byte[] X(byte[] key, string label, byte[] context) =>
        HKDF.Expand(HashAlgorithmName.SHA256, key, 32, [.. Encoding.UTF8.GetBytes("syncmodule/1/" + label), 0, .. context]);

    [Fact]
    public void Epoch_keys_are_the_ones_of_the_specification()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32), vault = Vault.ToArray();
        using var es = new SecretKey(secret);
        using var keys = new EpochKeys(es, Vault);
        byte[] ns = X(secret, "epoch/net", vault);
        Assert.Equal(X(secret, "epoch/id", vault), keys.EpochId.ToArray());
        Assert.Equal(X(secret, "object", vault), keys.ObjectKey.Span.ToArray());
        Assert.Equal(X(secret, "block/siv", vault), keys.Blocks.Siv.Siv.Span.ToArray());
        Assert.Equal(X(secret, "block/key", vault), keys.Blocks.Siv.Key.Span.ToArray());
        Assert.Equal(ns, keys.Network.Secret.Span.ToArray());
        Assert.Equal(X(ns, "noise/psk", vault), keys.Network.NoisePsk.Span.ToArray());
        Assert.Equal(X(ns, "noise/mac1", vault), keys.Network.NoiseMac1.Span.ToArray());
        Assert.Equal(Digest.HashOf(Labels.NetworkSecretHash, ns), keys.Network.SecretHash());
        Assert.Equal(X(ns, "hub/cap", vault), keys.Network.Derive(Labels.HubCapability).Span.ToArray());
    }

    [Fact]
    public void Genesis_and_index_keys_are_the_ones_of_the_specification()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32), vault = Vault.ToArray(), ns = X(secret, "epoch/net", vault);
        using var es = new SecretKey(secret);
        using var epoch = new EpochKeys(es, Vault);
        using var genesis = new GenesisKeys(epoch);
        Assert.Equal(X(secret, "cdc", vault), genesis.Chunking.Span.ToArray());
        Assert.Equal(X(secret, "digest", vault), genesis.Digest.Span.ToArray());
        Assert.Equal(X(ns, "member/siv", vault), genesis.Membership.Siv.Siv.Span.ToArray());
        Assert.Equal(X(ns, "member/key", vault), genesis.Membership.Siv.Key.Span.ToArray());
        Assert.Equal(epoch.EpochId, genesis.Membership.EpochId);
        Assert.Equal(X(secret, "collection/tag", [.. vault, .. SHA256.HashData("caf\u00e9"u8)])[..16], genesis.TagOf("cafe\u0301").ToArray());
        Assert.Equal(SyncErrors.NameInvalid, Assert.Throws<SyncException>(() => genesis.TagOf("\ud800")).Kind);
        var hash = Digest.Hash("value"u8);
        Assert.Equal(HMACSHA256.HashData(X(secret, "content", vault), hash.ToArray()), genesis.ContentOf(hash).ToArray());

        using var index = new IndexKeys(es, Vault);
        Assert.Equal(X(secret, "index/tag", vault), index.Tag.Span.ToArray());
        Assert.Equal(X(secret, "index/dedup", vault), index.Dedup.Span.ToArray());
        Assert.Equal(X(secret, "index/siv", vault), index.Index.Siv.Span.ToArray());
        Assert.Equal(X(secret, "index/key", vault), index.Index.Key.Span.ToArray());
        Assert.Equal(X(secret, "local/siv", vault), index.Local.Siv.Span.ToArray());
        Assert.Equal(X(secret, "local/key", vault), index.Local.Key.Span.ToArray());
    }

    [Fact]
    public void Another_vault_has_other_keys_from_the_same_secret()
    {
        using var es = new SecretKey(SystemRandomSource.Instance);
        using var one = new EpochKeys(es, Vault);
        using var other = new EpochKeys(es, Id32.Zero);
        Assert.NotEqual(one.EpochId, other.EpochId);
        Assert.NotEqual(one.ObjectKey.Span.ToArray(), other.ObjectKey.Span.ToArray());
    }

    [Fact]
    public void A_disposed_key_is_zeroed_and_cannot_be_read()
    {
        var key = new SecretKey(SystemRandomSource.Instance);
        var memory = key.Span;
        key.Dispose();
        Assert.Equal(new byte[32], memory.ToArray());
        Assert.Throws<ObjectDisposedException>(() => key.Span.Length);
    }

    [Fact]
    public void Keys_have_no_text_form()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        using var key = new SecretKey(secret);
        using var epoch = new EpochKeys(key, Vault);
        foreach (string text in new[] { key.ToString(), epoch.ToString()!, epoch.Network.ToString()!, epoch.Blocks.ToString()! })
            Assert.DoesNotContain(Convert.ToHexString(secret), text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("SecretKey", key.ToString());
    }
}
