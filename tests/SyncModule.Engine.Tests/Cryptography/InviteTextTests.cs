using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public class InviteTextTests
{
    private static readonly Invite Sample = new(Id16.FromHex(new string('5', 32)), TestKeys.Vault, TestKeys.Id(6), ["10.0.0.7:4711", "[fe80::1]:4711"], ["https://hub.example"], 1_800_000_000_001);

    [Fact]
    public void An_invite_survives_its_text_and_the_white_space_of_mail_programs()
    {
        string text = InviteText.Format(Sample);
        Assert.StartsWith("syncmodule:", text, StringComparison.Ordinal);
        foreach (string typed in new[] { text, "  " + text + "\r\n", string.Join("\n  ", text.Chunk(60).Select(c => new string(c))), "SyncModule:" + text[11..] })
        {
            var read = InviteText.Parse(typed);
            Assert.Equal((Sample.Secret, Sample.VaultId, Sample.Inviter, Sample.ExpiresMilliseconds), (read.Secret, read.VaultId, read.Inviter, read.ExpiresMilliseconds));
            Assert.Equal(Sample.Addresses, read.Addresses);
            Assert.Equal(Sample.Hubs, read.Hubs);
        }
    }

    [Fact]
    public void Every_changed_or_missing_character_is_noticed()
    {
        string text = InviteText.Format(Sample);
        for (int i = 0; i < text.Length; i++)
        {
            Fails(text[..i]);
            Fails(text.Remove(i, 1));
            foreach (char c in "A_-9=\u00e9")
            {
                if (c != text[i]) Fails(text[..i] + c + text[(i + 1)..]);
            }
        }

        foreach (string bad in new[] { "", "syncmodule:", "invite:" + text[11..], text + "A", text + text, new string('A', 100_000), "syncmodule:" + new string('A', 9_000) }) Fails(bad);
    }

    [Fact]
    public void A_sound_checksum_over_another_shape_is_no_invite()
    {
        foreach (byte[] cbor in new byte[][] { [0x80], [0x87, 1], [0xFF], [0x87, 2, 0x40, 0x40, 0x40, 0x80, 0x80, 0], [0x9B, 255, 255, 255, 255, 255, 255, 255, 255] })
        {
            byte[] check = SHA256.HashData([.. "syncmodule/1/invite/text\0"u8, .. cbor])[..4];
            Fails("syncmodule:" + Base64Url.EncodeToString([.. cbor, .. check]));
        }
    }

    [Fact]
    public void Both_sides_derive_the_keys_of_the_specification()
    {
        byte[] secret = Sample.Secret.ToArray(), vault = TestKeys.Vault.ToArray();
        byte[] extracted = HKDF.Extract(HashAlgorithmName.SHA256, secret, "syncmodule/1/invite\0"u8.ToArray());
        byte[] X(string label) => HKDF.Expand(HashAlgorithmName.SHA256, extracted, 32, [.. Encoding.UTF8.GetBytes("syncmodule/1/" + label + "\0"), .. vault]);
        using var keys = InviteText.Parse(InviteText.Format(Sample)).CreateSecret();
        Assert.Equal(X("invite/psk"), keys.NoisePsk.Span.ToArray());
        Assert.Equal(X("invite/mac1"), keys.NoiseMac1.Span.ToArray());
        Assert.Throws<ArgumentException>(() => new InviteSecret(new byte[15], TestKeys.Vault));
    }

    [Fact]
    public void An_invite_does_not_show_its_secret_and_has_bounds()
    {
        Assert.DoesNotContain("5555", Sample.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => InviteText.Format(Sample with { Addresses = [.. Enumerable.Repeat("a", 17)] }));
        Assert.Throws<ArgumentException>(() => InviteText.Format(Sample with { Hubs = [new string('a', 257)] }));
    }

    private static void Fails(string text) => Assert.Same(SyncErrors.InviteInvalid, Assert.Throws<SyncException>(() => InviteText.Parse(text)).Kind);
}
