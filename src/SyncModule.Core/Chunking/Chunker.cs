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

    // Each lane begins with a window of its own, and what the later lanes did is lost when the first finds a cut: longer ones cost less of the
    // one and more of the other. With 2 KiB both are some three per cent.
    private const int Lanes = 3, Stride = 2048;

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
    public static unsafe int NextCut(ReadOnlySpan<byte> data, GearTable table, bool final)
    {
        int length = Math.Min(data.Length, MaxSize);
        if (length < MinSize) return final ? length : 0;
        fixed (byte* d = data)
        fixed (ulong* gear = table.Entries)
        {
            int cut = First(d, gear, MinSize, Math.Min(length, NormalSize), ~StrictMask);
            if (cut == 0) cut = First(d, gear, NormalSize, length, ~LooseMask);
            if (cut != 0) return cut;

            // The bytes at hand are used up. A cut right behind them is seen now, not one call later, though either would be right.
            if (length == MaxSize || final) return length;
            return (Hash(d + length, gear) & (length < NormalSize ? StrictMask : LooseMask)) == 0 ? length : 0;
        }
    }

    // The smallest i with from ≤ i < to and h(i) ≤ limit, or 0. "h ≤ limit" and "h + h" are the rule's mask and shift in the form that the
    // JIT compiles best. Each hash waits for the one before it, so three places of the content are hashed at the same time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int First(byte* d, ulong* gear, int from, int to, ulong limit)
    {
        for (; to - from >= Lanes * Stride; from += Lanes * Stride)
        {
            byte* p = d + from, end = p + Stride;
            ulong a = Hash(p, gear), b = Hash(p + Stride, gear), c = Hash(p + (2 * Stride), gear);
            for (; p < end; p++)
            {
                // Invariant: a, b and c are h at p, p + Stride and p + 2 · Stride; nothing before them in their lanes is a candidate.
                if (a <= limit) return (int)(p - d);
                if (b <= limit) return FirstInLane(d, gear, (int)(p - d) + 1, from + Stride, limit) is > 0 and var before ? before : (int)(p - d) + Stride;
                if (c <= limit)
                {
                    int at = (int)(p - d);
                    int earlier = FirstInLane(d, gear, at + 1, from + Stride, limit);
                    if (earlier == 0) earlier = FirstInLane(d, gear, at + Stride + 1, from + (2 * Stride), limit);
                    return earlier == 0 ? at + (2 * Stride) : earlier;
                }

                a = a + a + gear[*p];
                b = b + b + gear[p[Stride]];
                c = c + c + gear[p[2 * Stride]];
            }
        }

        return FirstInLane(d, gear, from, to, limit);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int FirstInLane(byte* d, ulong* gear, int from, int to, ulong limit)
    {
        if (from >= to) return 0;
        byte* p = d + from, end = d + to;
        for (ulong h = Hash(p, gear); p < end; p++)
        {
            if (h <= limit) return (int)(p - d);
            h = h + h + gear[*p];
        }

        return 0;
    }

    // h at a place that has a whole window before it.
    private static unsafe ulong Hash(byte* at, ulong* gear)
    {
        ulong h = 0;
        for (byte* p = at - WindowSize; p < at; p++) h = h + h + gear[*p];
        return h;
    }
}
