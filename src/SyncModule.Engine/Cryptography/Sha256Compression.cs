using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// The compression function of SHA-256 (FIPS 180-4 §6.2.2) for sixteen independent messages, one in each 32-bit lane of the 512-bit
/// registers. All state and schedule words stay in registers for the whole of a run; nothing branches or addresses memory by content.
/// </summary>
internal static unsafe class Sha256Compression
{
    public const int Lanes = 16;

    private const byte Xor3 = 0x96, Choose = 0xCA, Majority = 0xE8; // truth tables of three inputs, the first one in the highest bit

    private static ReadOnlySpan<uint> K =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    public static bool IsSupported => Avx512BW.IsSupported;

    /// <summary>
    /// Absorbs <paramref name="blocks"/> blocks of 64 bytes in each lane. Lane l reads at <c>next[l]</c>, which moves on by <c>stride[l]</c> after each block:
    /// 64, or 0 for a lane that reads one block again and again.
    /// </summary>
    /// <param name="state">Eight registers: word i of lane l is <c>state[16 i + l]</c>.</param>
    /// <param name="next">Sixteen addresses.</param>
    /// <param name="stride">Sixteen steps.</param>
    /// <param name="blocks">At least one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Absorb(uint* state, ulong* next, ulong* stride, uint blocks)
    {
        Vector512<uint> a = Vector512.Load(state), b = Vector512.Load(state + 16), c = Vector512.Load(state + 32), d = Vector512.Load(state + 48);
        Vector512<uint> e = Vector512.Load(state + 64), f = Vector512.Load(state + 80), g = Vector512.Load(state + 96), h = Vector512.Load(state + 112);
        ref uint k0 = ref Unsafe.AsRef(in K[0]);
        var half = Vector256.Create(Swap, Swap);
        var swap = Vector512.Create(half, half);
        do
        {
            Transpose(next, swap, out var w0, out var w1, out var w2, out var w3, out var w4, out var w5, out var w6, out var w7, out var w8, out var w9, out var w10, out var w11, out var w12, out var w13, out var w14, out var w15);
            for (int i = 0; i < Lanes; i += 8) (Vector512.Load(next + i) + Vector512.Load(stride + i)).Store(next + i);
            ref uint k = ref k0;
            for (int turn = 0; ; turn++)
            {
                Round(a, b, c, ref d, e, f, g, ref h, w0, ref k, 0);
                Round(h, a, b, ref c, d, e, f, ref g, w1, ref k, 1);
                Round(g, h, a, ref b, c, d, e, ref f, w2, ref k, 2);
                Round(f, g, h, ref a, b, c, d, ref e, w3, ref k, 3);
                Round(e, f, g, ref h, a, b, c, ref d, w4, ref k, 4);
                Round(d, e, f, ref g, h, a, b, ref c, w5, ref k, 5);
                Round(c, d, e, ref f, g, h, a, ref b, w6, ref k, 6);
                Round(b, c, d, ref e, f, g, h, ref a, w7, ref k, 7);
                Round(a, b, c, ref d, e, f, g, ref h, w8, ref k, 8);
                Round(h, a, b, ref c, d, e, f, ref g, w9, ref k, 9);
                Round(g, h, a, ref b, c, d, e, ref f, w10, ref k, 10);
                Round(f, g, h, ref a, b, c, d, ref e, w11, ref k, 11);
                Round(e, f, g, ref h, a, b, c, ref d, w12, ref k, 12);
                Round(d, e, f, ref g, h, a, b, ref c, w13, ref k, 13);
                Round(c, d, e, ref f, g, h, a, ref b, w14, ref k, 14);
                Round(b, c, d, ref e, f, g, h, ref a, w15, ref k, 15);
                if (turn == 3) break;
                k = ref Unsafe.Add(ref k, 16);
                w0 = Next(w0, w1, w9, w14);
                w1 = Next(w1, w2, w10, w15);
                w2 = Next(w2, w3, w11, w0);
                w3 = Next(w3, w4, w12, w1);
                w4 = Next(w4, w5, w13, w2);
                w5 = Next(w5, w6, w14, w3);
                w6 = Next(w6, w7, w15, w4);
                w7 = Next(w7, w8, w0, w5);
                w8 = Next(w8, w9, w1, w6);
                w9 = Next(w9, w10, w2, w7);
                w10 = Next(w10, w11, w3, w8);
                w11 = Next(w11, w12, w4, w9);
                w12 = Next(w12, w13, w5, w10);
                w13 = Next(w13, w14, w6, w11);
                w14 = Next(w14, w15, w7, w12);
                w15 = Next(w15, w0, w8, w13);
            }

            a += Vector512.Load(state);
            b += Vector512.Load(state + 16);
            c += Vector512.Load(state + 32);
            d += Vector512.Load(state + 48);
            e += Vector512.Load(state + 64);
            f += Vector512.Load(state + 80);
            g += Vector512.Load(state + 96);
            h += Vector512.Load(state + 112);
            a.Store(state);
            b.Store(state + 16);
            c.Store(state + 32);
            d.Store(state + 48);
            e.Store(state + 64);
            f.Store(state + 80);
            g.Store(state + 96);
            h.Store(state + 112);
        }
        while (--blocks > 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, ref Vector512<uint> d, Vector512<uint> e, Vector512<uint> f, Vector512<uint> g, ref Vector512<uint> h, Vector512<uint> w, ref uint k, int i)
    {
        h += w + Vector512.Create(Unsafe.Add(ref k, i));
        h += Avx512F.TernaryLogic(e, f, g, Choose);
        h += Avx512F.TernaryLogic(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25), Xor3);
        d += h;
        h += Avx512F.TernaryLogic(a, b, c, Majority);
        h += Avx512F.TernaryLogic(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22), Xor3);
    }

    // W[t] from W[t - 16], W[t - 15], W[t - 7] and W[t - 2].
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Next(Vector512<uint> w16, Vector512<uint> w15, Vector512<uint> w7, Vector512<uint> w2) =>
        w16 + w7
        + Avx512F.TernaryLogic(Avx512F.RotateRight(w15, 7), Avx512F.RotateRight(w15, 18), Vector512.ShiftRightLogical(w15, 3), Xor3)
        + Avx512F.TernaryLogic(Avx512F.RotateRight(w2, 17), Avx512F.RotateRight(w2, 19), Vector512.ShiftRightLogical(w2, 10), Xor3);

    // Word i of the block of lane l becomes lane l of w[i]: a square of sixteen words, transposed in four steps of pairs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ulong* next, Vector512<byte> swap,
        out Vector512<uint> w0, out Vector512<uint> w1, out Vector512<uint> w2, out Vector512<uint> w3, out Vector512<uint> w4, out Vector512<uint> w5, out Vector512<uint> w6, out Vector512<uint> w7,
        out Vector512<uint> w8, out Vector512<uint> w9, out Vector512<uint> w10, out Vector512<uint> w11, out Vector512<uint> w12, out Vector512<uint> w13, out Vector512<uint> w14, out Vector512<uint> w15)
    {
        Four(next, 0, swap, out var a0, out var a1, out var a2, out var a3);
        Four(next, 4, swap, out var b0, out var b1, out var b2, out var b3);
        Four(next, 8, swap, out var c0, out var c1, out var c2, out var c3);
        Four(next, 12, swap, out var d0, out var d1, out var d2, out var d3);
        Words(a0, b0, c0, d0, out w0, out w4, out w8, out w12);
        Words(a1, b1, c1, d1, out w1, out w5, out w9, out w13);
        Words(a2, b2, c2, d2, out w2, out w6, out w10, out w14);
        Words(a3, b3, c3, d3, out w3, out w7, out w11, out w15);
    }

    // Of four lanes' blocks: register j holds words j, j + 4, j + 8 and j + 12, four lanes of each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ulong* next, int lane, Vector512<byte> swap, out Vector512<uint> x0, out Vector512<uint> x1, out Vector512<uint> x2, out Vector512<uint> x3)
    {
        Vector512<uint> r0 = Block(next[lane], swap), r1 = Block(next[lane + 1], swap), r2 = Block(next[lane + 2], swap), r3 = Block(next[lane + 3], swap);
        Vector512<ulong> low01 = Avx512F.UnpackLow(r0, r1).AsUInt64(), high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
        Vector512<ulong> low23 = Avx512F.UnpackLow(r2, r3).AsUInt64(), high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        x0 = Avx512F.UnpackLow(low01, low23).AsUInt32();
        x1 = Avx512F.UnpackHigh(low01, low23).AsUInt32();
        x2 = Avx512F.UnpackLow(high01, high23).AsUInt32();
        x3 = Avx512F.UnpackHigh(high01, high23).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Words(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, out Vector512<uint> w0, out Vector512<uint> w4, out Vector512<uint> w8, out Vector512<uint> w12)
    {
        Vector512<uint> ab04 = Avx512F.Shuffle4x128(a, b, 0x44), ab8c = Avx512F.Shuffle4x128(a, b, 0xEE);
        Vector512<uint> cd04 = Avx512F.Shuffle4x128(c, d, 0x44), cd8c = Avx512F.Shuffle4x128(c, d, 0xEE);
        w0 = Avx512F.Shuffle4x128(ab04, cd04, 0x88);
        w4 = Avx512F.Shuffle4x128(ab04, cd04, 0xDD);
        w8 = Avx512F.Shuffle4x128(ab8c, cd8c, 0x88);
        w12 = Avx512F.Shuffle4x128(ab8c, cd8c, 0xDD);
    }

    // Big-endian words of one block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Block(ulong address, Vector512<byte> swap) => Avx512BW.Shuffle(Vector512.Load((byte*)address), swap).AsUInt32();

    private static Vector128<byte> Swap => Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}
