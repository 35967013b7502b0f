using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SyncModule.Engine.Cryptography;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>Primitives against vectors that others published.</summary>
public class PublishedVectorTests
{
    // 914 answers, most significant bit first: which edge cases the one verifier of the format accepts.
    private const string Ed25519Accepted =
        "0100000400002000000000000000040000100000400002000000000000000040000000000000400000000000000000000000" +
        "0010004002000000404040404001000400200000040404040400100040020000004040404040010004002000000404040404" +
        "000000008000000000000000100000";

    [VectorFact("wycheproof")]
    public void X25519_agrees_and_refuses_low_order_points()
    {
        int count = 0, refused = 0;
        foreach (var test in Tests("x25519_test.json"))
        {
            count++;
            byte[] expected = Hex(test, "shared"), shared = new byte[32];
            bool agreed = Sodium.TryX25519(Hex(test, "private"), Hex(test, "public"), shared);
            if (!agreed) refused++;
            Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(shared));
            Assert.Equal(expected.Any(b => b != 0), agreed);
        }

        Assert.Equal(518, count);
        Assert.True(refused > 0);
    }

    [VectorFact("wycheproof")]
    public void XChaCha20_poly1305_seals_and_opens()
    {
        int count = 0;
        foreach (var test in Tests("xchacha20_poly1305_test.json"))
        {
            byte[] key = Hex(test, "key"), iv = Hex(test, "iv"), aad = Hex(test, "aad"), message = Hex(test, "msg");
            byte[] sealedBytes = [.. Hex(test, "ct"), .. Hex(test, "tag")];
            bool valid = Result(test);
            if (iv.Length != Sodium.XChaChaNonceSize)
            {
                Assert.False(valid);
                Assert.Throws<ArgumentException>(() => Sodium.TryXChaChaDecrypt(key, iv, sealedBytes, aad, new byte[message.Length]));
                count++;
                continue;
            }

            byte[] opened = new byte[sealedBytes.Length - Sodium.XChaChaTagSize];
            Assert.Equal(valid, Sodium.TryXChaChaDecrypt(key, iv, sealedBytes, aad, opened));
            Assert.Equal(valid ? message : new byte[opened.Length], opened);
            if (valid)
            {
                byte[] again = new byte[message.Length + Sodium.XChaChaTagSize];
                Sodium.XChaChaEncrypt(key, iv, message, aad, again);
                Assert.Equal(sealedBytes, again);
            }

            count++;
        }

        Assert.Equal(315, count);
    }

    [VectorFact("wycheproof")]
    public void Hkdf_sha256_as_the_key_schedule_uses_it()
    {
        int count = 0;
        foreach (var test in Tests("hkdf_sha256_test.json"))
        {
            count++;
            byte[] ikm = Hex(test, "ikm"), salt = Hex(test, "salt"), info = Hex(test, "info");
            int size = test.GetProperty("size").GetInt32();
            if (!Result(test))
            {
                Assert.ThrowsAny<ArgumentException>(() => HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, size, salt, info));
                continue;
            }

            byte[] expected = Hex(test, "okm");
            using var extracted = SecretKey.Extract(ikm, salt);
            Assert.Equal(expected, HKDF.Expand(HashAlgorithmName.SHA256, extracted.Span.ToArray(), size, info));
            if (size < 32 || info.Length > 100) continue;
            using var derived = SecretKey.Derive(extracted.Span, [], info);
            Assert.Equal(expected[..32], derived.Span.ToArray());
        }

        Assert.Equal(86, count);
    }

    [VectorFact("ed25519")]
    public void Ed25519_answers_are_the_pinned_ones()
    {
        var bits = new byte[(914 + 7) / 8];
        int accepted = 0, count = 0;
        foreach (var test in Vectors.Json("ed25519", "ed25519vectors.json").EnumerateArray())
        {
            bool valid = Sodium.Verify(Hex(test, "key"), Encoding.ASCII.GetBytes(test.GetProperty("msg").GetString()!), Hex(test, "sig"));
            if (valid)
            {
                accepted++;
                bits[count / 8] |= (byte)(0x80 >> (count % 8));
            }

            count++;
        }

        Assert.Equal(914, count);
        Assert.Equal(Ed25519Accepted, Convert.ToHexStringLower(bits));
        Assert.Equal(43, accepted);
    }

    private static IEnumerable<JsonElement> Tests(string file) =>
        Vectors.Json("wycheproof", file).GetProperty("testGroups").EnumerateArray().SelectMany(g => g.GetProperty("tests").EnumerateArray());

    private static byte[] Hex(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    private static bool Result(JsonElement test) => string.Equals(test.GetProperty("result").GetString(), "valid", StringComparison.Ordinal);
}
