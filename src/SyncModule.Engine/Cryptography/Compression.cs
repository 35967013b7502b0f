using System.IO.Compression;
using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>How the data of a block or object is compressed. The byte stands inside the seal (format-1 §3, §5).</summary>
internal enum Codec : byte
{
    None = 0,
    Zstd = 1,

    /// <summary>Read, never written here.</summary>
    Brotli = 2,

    /// <summary>Blocks only: the plain text is one reference to a block object.</summary>
    Reference = 255,
}

/// <summary>Compression inside seals: whole buffers, bounded by lengths that the seal covers.</summary>
internal static class Compression
{
    private const int SampleSize = 16 * 1024;
    private const int Level = 1;

    // Below this the whole of a text is looked at, not a sample.
    private const int ShortText = 4096;

    // Sum over all byte values of (how often)², of a sample of random bytes: n + n (n − 1) ÷ 256 = 69,616, give or take 362.
    private const int FlatSample = 4096, FlatSum = 72_000;

    /// <summary>
    /// Compresses <paramref name="plain"/> into <paramref name="destination"/> (at least as long) and returns the data's length;
    /// copies it when compression does not make it smaller.
    /// </summary>
    public static Codec Pack(ReadOnlySpan<byte> plain, Span<byte> destination, bool compress, out int length)
    {
        if (compress && TryShrink(plain, destination, out length)) return Codec.Zstd;
        plain.CopyTo(destination);
        length = plain.Length;
        return Codec.None;
    }

    /// <summary>
    /// Compresses as <see cref="Pack"/> does; false where that does not make it smaller. Then <paramref name="destination"/> may hold parts of
    /// the plain text, within its first <c>plain.Length − 1</c> bytes.
    /// </summary>
    public static bool TryShrink(ReadOnlySpan<byte> plain, Span<byte> destination, out int length)
    {
        length = 0;
        // One byte less than the plain text: what does not get smaller does not fit.
        return plain.Length > 1 && SampleShrinks(plain, destination) && Zstd.TryCompress(plain, destination[..(plain.Length - 1)], Level, out length);
    }

    /// <summary>Unpacks to exactly the length of <paramref name="destination"/>.</summary>
    /// <exception cref="VaultFormatException">An unknown codec, damaged data or another length.</exception>
    public static void Unpack(Codec codec, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        switch (codec)
        {
            case Codec.None when data.Length == destination.Length:
                data.CopyTo(destination);
                break;
            case Codec.Zstd:
                Zstd.Decompress(data, destination);
                break;
            case Codec.Brotli:
                Brotli(data, destination);
                break;
            default:
                throw new VaultFormatException("Sealed data has an unknown codec or a wrong length.");
        }
    }

    // Media and archives are told from a sample of their middle: from how often each byte value comes in it where that says enough, which
    // costs a few microseconds, else by compressing it, a thirtieth of a whole attempt.
    private static bool SampleShrinks(ReadOnlySpan<byte> plain, Span<byte> scratch)
    {
        if (plain.Length <= ShortText) return !IsFlatText(plain);
        if (plain.Length <= SampleSize) return true;
        var sample = plain.Slice((plain.Length - SampleSize) / 2, SampleSize);
        return !IsFlat(sample[..FlatSample]) && Zstd.TryCompress(sample, scratch[..(SampleSize * 9 / 10)], Level, out _);
    }

    // True where all byte values come equally often, as far as the sample can tell: what was compressed or encrypted before, or is random.
    private static bool IsFlat(ReadOnlySpan<byte> sample) => SumOfSquares(sample) < FlatSum;

    // The same of a short text, which may hold some bytes around a random value that can get shorter: of n random bytes with k bytes of text
    // among them, or twice, the sum is about n + n² ÷ 256 + k² ÷ 16, or + 2 k; by chance it is off by n ÷ 11.
    private static bool IsFlatText(ReadOnlySpan<byte> text)
    {
        long n = text.Length, random = n + (n * (n - 1) / 256);
        return SumOfSquares(text) < random + (n / 2);
    }

    private static long SumOfSquares(ReadOnlySpan<byte> bytes)
    {
        Span<int> counts = stackalloc int[256];
        foreach (byte value in bytes) counts[value]++;
        long sum = 0;
        foreach (int count in counts) sum += (long)count * count;
        return sum;
    }

    private static void Brotli(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        using var decoder = new BrotliDecoder();
        // The decoder's own window is at most 16 MiB and grows with what it writes; the destination bounds the rest.
        var status = decoder.Decompress(data, destination, out int consumed, out int written);
        if (status != System.Buffers.OperationStatus.Done || consumed != data.Length || written != destination.Length)
            throw new VaultFormatException("Compressed data is damaged or has another length than was said.");
    }
}
