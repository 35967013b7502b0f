using System.Runtime.CompilerServices;

namespace SyncModule.Core.Chunking;

/// <summary>
/// Cuts content where the content says so (format-1 §5): an edit moves the cuts near it and no others, so that the rest of a changed
/// file is found to be stored already.
/// </summary>
/// <remarks>
/// The exact rule. Let d be the bytes from the start of the chunk, G the vault's <see cref="GearTable"/> and, for every i ≥ 64,
/// <code>h(i) = Σ (k = 0 … 63) G[d[i − 1 − k]] · 2^k   mod 2^64</code>
/// the hash of the 64 bytes that end before i; equally h(i + 1) = (h(i) « 1) + G[d[i]], for a byte leaves the sum by being shifted out.
/// The chunk's length is the smallest i that is one of
/// <list type="bullet">
/// <item><see cref="MinSize"/> ≤ i &lt; <see cref="NormalSize"/> and h(i) AND <see cref="StrictMask"/> = 0 (the 17 highest bits are zero);</item>
/// <item><see cref="NormalSize"/> ≤ i &lt; <see cref="MaxSize"/> and h(i) AND <see cref="LooseMask"/> = 0 (the 14 highest bits are zero);</item>
/// <item>i = <see cref="MaxSize"/>;</item>
/// <item>i = the number of bytes that are left of the content.</item>
/// </list>
/// So only the last chunk may be shorter than <see cref="MinSize"/>, empty content has no chunk, and the next chunk starts afresh behind
/// the cut. The first hash that is needed is h(MinSize): the bytes before MinSize − 64 are never looked at. Whether a place is a
/// candidate depends on 64 bytes alone, not on where the chunk began, and each strict candidate is a loose one too: both make the cuts
/// of two versions of a file fall together again soon after an edit. The highest bits are taken because only they depend on all 64 bytes.
/// The two masks draw lengths towards the middle; on random content the mean is 67 KiB and one chunk in 200,000 reaches the maximum.
/// </remarks>
public static class Chunker
{
    /// <summary>Shortest chunk in bytes, except for the last one of the content.</summary>
    public const int MinSize = 16 * 1024;

    /// <summary>From this length on the looser mask is used.</summary>
    public const int NormalSize = 64 * 1024;

    /// <summary>Longest chunk in bytes.</summary>
    public const int MaxSize = 256 * 1024;

    /// <summary>Bytes that one hash depends on: each shift drops the oldest.</summary>
    public const int WindowSize = 64;

    /// <summary>Bits 63…47.</summary>
    public const ulong StrictMask = 0xFFFF_8000_0000_0000;

    /// <summary>Bits 63…50.</summary>
    public const ulong LooseMask = 0xFFFC_0000_0000_0000;

    /// <summary>
    /// The length of the chunk that starts at the start of <paramref name="data"/>, or 0 when more bytes are needed to tell. At most
    /// <see cref="MaxSize"/> bytes are looked at; with that many, or with <paramref name="final"/> and any, the answer is never 0.
    /// </summary>
    /// <param name="data">What is left of the content, or the start of it. The answer does not depend on how much more is given.</param>
    /// <param name="table">The vault's table.</param>
    /// <param name="final">True when nothing follows <paramref name="data"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe int NextCut(ReadOnlySpan<byte> data, GearTable table, bool final)
    {
        int length = Math.Min(data.Length, MaxSize);
        if (length < MinSize) return final ? length : 0;
        fixed (byte* d = data)
        fixed (ulong* gear = table.Entries)
        {
            // Invariant: h is h(p - d) of the rule, once 64 bytes went in. "h + h" and the comparison are the rule's shift and mask in
            // the form that the JIT compiles best: one instruction per byte waits for the one before.
            ulong h = 0;
            byte* p = d + MinSize - WindowSize;
            byte* end = d + MinSize;
            for (; p < end; p++) h = h + h + gear[*p];

            end = d + Math.Min(length, NormalSize);
            for (; p < end; p++)
            {
                if (h <= ~StrictMask) return (int)(p - d);
                h = h + h + gear[*p];
            }

            end = d + length;
            for (; p < end; p++)
            {
                if (h <= ~LooseMask) return (int)(p - d);
                h = h + h + gear[*p];
            }

            // The bytes at hand are used up. A cut right behind them is seen now, not one call later, though either would be right.
            if (length == MaxSize || final) return length;
            return (h & (length < NormalSize ? StrictMask : LooseMask)) == 0 ? length : 0;
        }
    }
}
