using System.Security.Cryptography;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>Two libraries do AES-256-GCM here, by the message's length: both give the bytes of .NET's own.</summary>
public sealed class GcmTests
{
    [Fact]
    public void Every_length_gives_the_same_bytes_whichever_library_does_it()
    {
        var random = new Random(1);
        foreach (int length in Enumerable.Range(0, 300).Concat([1023, 1024, 2047, 2048, 2049, 5000]))
        {
            byte[] key = Bytes(random, 32), associated = Bytes(random, random.Next(200)), plain = Bytes(random, length);
            byte[] expected = new byte[length + 16], sealedBytes = new byte[length + 16], opened = new byte[length];
            using (var aes = new AesGcm(key, 16)) aes.Encrypt(new byte[12], plain, expected.AsSpan(0, length), expected.AsSpan(length), associated);
            Gcm.Seal(key, associated, plain, sealedBytes);
            Assert.Equal(expected, sealedBytes);
            plain.CopyTo(sealedBytes, 0);
            Gcm.SealInPlace(key, associated, sealedBytes);
            Assert.Equal(expected, sealedBytes);
            Assert.True(Gcm.TryOpen(key, associated, sealedBytes, opened));
            Assert.Equal(plain, opened);
            sealedBytes[random.Next(sealedBytes.Length)] ^= 1;
            Assert.False(Gcm.TryOpen(key, associated, sealedBytes, opened));
            Assert.DoesNotContain(opened, b => b != 0);
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
