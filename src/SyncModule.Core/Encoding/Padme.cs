using System.Numerics;

namespace SyncModule.Core.Encoding;

/// <summary>
/// PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019): lengths keep only as many significant bits as
/// their own exponent needs, so a length tells O(log log n) bits and the padding costs at most 12 %. Format 1 pads the whole value
/// to at least 256 bytes.
/// </summary>
public static class Padme
{
    /// <summary>The shortest padded length.</summary>
    public const int Minimum = 256;

    /// <summary>The padded length of a value of <paramref name="length"/> bytes: the length itself or the next allowed one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or above 1 GiB; the format's largest value is far below.</exception>
    public static int PaddedLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1 << 30);
        if (length <= Minimum) return Minimum;
        int exponent = BitOperations.Log2((uint)length);
        int significant = BitOperations.Log2((uint)exponent) + 1;
        uint mask = (1u << (exponent - significant)) - 1;
        return (int)(((uint)length + mask) & ~mask);
    }
}
