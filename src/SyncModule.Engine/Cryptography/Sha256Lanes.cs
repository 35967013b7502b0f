using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>Where a message stands in a buffer.</summary>
internal readonly record struct LaneMessage(int Offset, int Length);

/// <summary>
/// SHA-256 (FIPS 180-4) of eight independent messages at a time, one in each 32-bit lane of the 256-bit registers. Only another way to
/// compute the same hashes: a block costs what it costs with the processor's own SHA instructions, but a short message does not pay for
/// the library's call, which is many times the work. Where the processor lacks AVX2 the caller takes the library's. Nothing here branches
/// or addresses memory by content, only by the messages' lengths.
/// </summary>
internal static unsafe class Sha256Lanes
{
    public const int Count = 8;

    /// <summary>32-bit words of a chaining value.</summary>
    public const int StateWords = 8;

    private const int BlockSize = 64;

    /// <summary>The chaining value before the first block.</summary>
    internal static ReadOnlySpan<uint> Initial => [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static ReadOnlySpan<uint> K =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>The digests of at most eight messages of one buffer.</summary>
    public static void Hash(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> digests)
    {
        Span<LaneParts> parts = stackalloc LaneParts[messages.Length];
        fixed (byte* start = buffer) Hash(Initial, 0, Lanes.Parts(buffer, start, messages, parts), digests);
    }

    /// <summary>The chaining value after one block, from the initial one.</summary>
    public static void Absorb(ReadOnlySpan<byte> block, Span<uint> state)
    {
        var states = stackalloc Vector256<uint>[StateWords];
        for (int i = 0; i < StateWords; i++) states[i] = Vector256.Create(Initial[i]);
        var blocks = stackalloc byte*[Count];
        fixed (byte* b = block[..BlockSize])
        {
            for (int lane = 0; lane < Count; lane++) blocks[lane] = b;
            Compress(states, blocks, Vector256<uint>.AllBitsSet);
        }

        for (int i = 0; i < StateWords; i++) state[i] = states[i].ToScalar();
    }

    /// <summary>The digests of at most eight messages, bodies only, that go on from a chaining value after <paramref name="before"/> bytes, a multiple of 64.</summary>
    public static void Hash(ReadOnlySpan<uint> state, int before, ReadOnlySpan<LaneParts> messages, Span<Id32> digests)
    {
        if (messages.Length > Count || digests.Length < messages.Length) throw new ArgumentException("At most eight messages, and a digest for each.", nameof(messages));
        var states = stackalloc Vector256<uint>[StateWords];
        for (int i = 0; i < StateWords; i++) states[i] = Vector256.Create(state[i]);
        byte* tails = stackalloc byte[Count * 2 * BlockSize];
        var blocks = stackalloc byte*[Count];
        uint* total = stackalloc uint[Count];
        Unsafe.InitBlockUnaligned(total, 0, Count * sizeof(uint));
        uint most = 0;
        for (int lane = 0; lane < messages.Length; lane++)
        {
            var message = messages[lane];
            if (message.Length != message.BodyLength) throw new ArgumentException("Eight lanes take bodies only.", nameof(messages));
            total[lane] = Pad(message.Body, message.BodyLength, before, tails + (lane * 2 * BlockSize));
            most = Math.Max(most, total[lane]);
        }

        var totals = Vector256.Load(total);
        for (uint block = 0; block < most; block++)
        {
            for (int lane = 0; lane < Count; lane++)
            {
                // A lane that is done, or has no message, computes something that is not taken.
                byte* tail = tails + (lane * 2 * BlockSize);
                if (lane >= messages.Length || block >= total[lane]) blocks[lane] = tails;
                else
                {
                    uint whole = (uint)messages[lane].BodyLength / BlockSize;
                    blocks[lane] = block < whole ? messages[lane].Body + (block * BlockSize) : tail + ((block - whole) * BlockSize);
                }
            }

            Compress(states, blocks, Vector256.GreaterThan(totals, Vector256.Create(block)));
        }

        Unsafe.InitBlockUnaligned(tails, 0, Count * 2 * BlockSize); // the ends of what may be secret
        byte* digest = stackalloc byte[Id32.Size];
        for (int lane = 0; lane < messages.Length; lane++)
        {
            for (int i = 0; i < StateWords; i++) *(uint*)(digest + (4 * i)) = BinaryPrimitives.ReverseEndianness(((uint*)(states + i))[lane]);
            digests[lane] = new(new ReadOnlySpan<byte>(digest, Id32.Size));
        }
    }

    // Copies what is behind the last whole block and pads it; returns the number of all blocks.
    private static uint Pad(byte* message, int length, int before, byte* tail)
    {
        int rest = length % BlockSize, blocks = rest < BlockSize - 8 ? 1 : 2;
        Unsafe.InitBlockUnaligned(tail, 0, 2 * BlockSize);
        Buffer.MemoryCopy(message + length - rest, tail, BlockSize, rest);
        tail[rest] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(tail + (blocks * BlockSize) - 8, 8), ((ulong)length + (ulong)before) * 8);
        return (uint)((length / BlockSize) + blocks);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Vector256<uint>* state, byte** blocks, Vector256<uint> active)
    {
        var w = stackalloc Vector256<uint>[16];
        Load(w, blocks);
        Vector256<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        ref uint k = ref Unsafe.AsRef(in K[0]);
        for (int t = 0; t < 64; t += 16)
        {
            for (int i = 0; i < 16; i += 8)
            {
                Round(a, b, c, ref d, e, f, g, ref h, Next(w, i, t) + Vector256.Create(Unsafe.Add(ref k, t + i)));
                Round(h, a, b, ref c, d, e, f, ref g, Next(w, i + 1, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 1)));
                Round(g, h, a, ref b, c, d, e, ref f, Next(w, i + 2, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 2)));
                Round(f, g, h, ref a, b, c, d, ref e, Next(w, i + 3, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 3)));
                Round(e, f, g, ref h, a, b, c, ref d, Next(w, i + 4, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 4)));
                Round(d, e, f, ref g, h, a, b, ref c, Next(w, i + 5, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 5)));
                Round(c, d, e, ref f, g, h, a, ref b, Next(w, i + 6, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 6)));
                Round(b, c, d, ref e, f, g, h, ref a, Next(w, i + 7, t) + Vector256.Create(Unsafe.Add(ref k, t + i + 7)));
            }
        }

        state[0] += a & active;
        state[1] += b & active;
        state[2] += c & active;
        state[3] += d & active;
        state[4] += e & active;
        state[5] += f & active;
        state[6] += g & active;
        state[7] += h & active;
    }

    // The word of round t + i; from the second turn on it is made from earlier ones, in their place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Next(Vector256<uint>* w, int i, int t)
    {
        if (t == 0) return w[i];
        var w15 = w[(i + 1) & 15];
        var w2 = w[(i + 14) & 15];
        var s0 = Xor(RotateRight(w15, 7), RotateRight(w15, 18), Vector256.ShiftRightLogical(w15, 3));
        var s1 = Xor(RotateRight(w2, 17), RotateRight(w2, 19), Vector256.ShiftRightLogical(w2, 10));
        return w[i] = w[i] + s0 + w[(i + 9) & 15] + s1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, ref Vector256<uint> d, Vector256<uint> e, Vector256<uint> f, Vector256<uint> g, ref Vector256<uint> h, Vector256<uint> word)
    {
        var choose = g ^ (e & (f ^ g));
        var majority = (a & b) | (c & (a | b));
        var t1 = h + Xor(RotateRight(e, 6), RotateRight(e, 11), RotateRight(e, 25)) + choose + word;
        d += t1;
        h = t1 + Xor(RotateRight(a, 2), RotateRight(a, 13), RotateRight(a, 22)) + majority;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Xor(Vector256<uint> x, Vector256<uint> y, Vector256<uint> z) => x ^ y ^ z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RotateRight(Vector256<uint> x, int bits) => Vector256.ShiftRightLogical(x, bits) | Vector256.ShiftLeft(x, 32 - bits);

    // Word i of the block of lane l becomes lane l of w[i]: two squares of eight words, each transposed in three steps of pairs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(Vector256<uint>* w, byte** blocks)
    {
        var swap = Vector256.Create(Swap128, Swap128);
        var x = stackalloc Vector256<uint>[8];
        var y = stackalloc Vector256<ulong>[8];
        for (int half = 0; half < 2; half++)
        {
            for (int i = 0; i < 8; i++) x[i] = Avx2.Shuffle(Vector256.Load(blocks[i] + (32 * half)), swap).AsUInt32();
            for (int i = 0; i < 8; i += 4)
            {
                var low01 = Avx2.UnpackLow(x[i], x[i + 1]).AsUInt64();
                var high01 = Avx2.UnpackHigh(x[i], x[i + 1]).AsUInt64();
                var low23 = Avx2.UnpackLow(x[i + 2], x[i + 3]).AsUInt64();
                var high23 = Avx2.UnpackHigh(x[i + 2], x[i + 3]).AsUInt64();
                y[i] = Avx2.UnpackLow(low01, low23);
                y[i + 1] = Avx2.UnpackHigh(low01, low23);
                y[i + 2] = Avx2.UnpackLow(high01, high23);
                y[i + 3] = Avx2.UnpackHigh(high01, high23);
            }

            for (int i = 0; i < 4; i++)
            {
                w[(8 * half) + i] = Avx2.Permute2x128(y[i], y[i + 4], 0x20).AsUInt32();
                w[(8 * half) + i + 4] = Avx2.Permute2x128(y[i], y[i + 4], 0x31).AsUInt32();
            }
        }
    }

    private static Vector128<byte> Swap128 => Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}
