using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>Random bytes that a test chose: for published handshakes and for handshakes that are replayed with one bit changed.</summary>
internal sealed class FixedRandom(params byte[][] answers) : IRandomSource
{
    private int _next;

    public void Fill(Span<byte> destination) => answers[_next++].CopyTo(destination);
}

internal static class TestKeys
{
    public static readonly VaultId Vault = Id32.FromHex(new string('7', 64));

    public static IRandomSource Random => SystemRandomSource.Instance;

    public static EpochKeys Epoch(VaultId? vault = null)
    {
        using var secret = new SecretKey(Random);
        return new EpochKeys(secret, vault ?? Vault);
    }

    public static Id32 Id(byte fill) => new(Enumerable.Repeat(fill, 32).ToArray());

    public static byte[] Flip(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
