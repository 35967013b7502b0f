using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>A message of three parts, one behind the other: a head, a body, and zeros that stand nowhere. The caller keeps the memory pinned.</summary>
/// <param name="head">Address of the head.</param>
/// <param name="headLength">Its bytes.</param>
/// <param name="body">Address of the body.</param>
/// <param name="bodyLength">Its bytes.</param>
/// <param name="zeros">Bytes of zeros behind it.</param>
internal readonly unsafe struct LaneParts(byte* head, int headLength, byte* body, int bodyLength, int zeros)
{
    public LaneParts(byte* body, int bodyLength)
        : this(null, 0, body, bodyLength, 0)
    {
    }

    public byte* Head { get; } = head;

    public int HeadLength { get; } = headLength;

    public byte* Body { get; } = body;

    public int BodyLength { get; } = bodyLength;

    /// <summary>Bytes of head and body.</summary>
    public long Written => (long)HeadLength + BodyLength;

    public long Length { get; } = (long)headLength + bodyLength + zeros;
}

/// <summary>
/// SHA-256 of any number of independent messages, sixteen at a time: a lane whose message has ended takes the next one, so lengths need not be alike.
/// Whole blocks of a body are read where they stand; only a block that two parts share, and the end, is copied.
/// </summary>
internal static unsafe class Sha256Lanes16
{
    private const int Count = Sha256Compression.Lanes;
    private const int BlockSize = 64;
    private const int Idle = -1;

    public static bool IsSupported => Sha256Compression.IsSupported;

    // All that a call needs, on its stack. Copies holds two blocks a lane: the end of a message can take that much.
    private struct Work
    {
        public fixed uint State[Sha256Lanes.StateWords * Count];
        public fixed ulong Next[Count];
        public fixed ulong Stride[Count];
        public fixed byte Zeros[BlockSize];
        public fixed byte Copies[Count * 2 * BlockSize];
        public fixed long Done[Count];
        public fixed uint Left[Count];
        public fixed int Message[Count];
    }

    /// <summary>The digests of messages that go on from a chaining value.</summary>
    /// <param name="state">Eight words.</param>
    /// <param name="before">Bytes that the chaining value stands for, a multiple of 64.</param>
    /// <param name="messages">All messages.</param>
    /// <param name="order">Indices of those that are hashed; the longest first keeps the lanes equally long.</param>
    /// <param name="digests">Their digests go to the same indices.</param>
    public static void Hash(ReadOnlySpan<uint> state, int before, ReadOnlySpan<LaneParts> messages, ReadOnlySpan<int> order, Span<Id32> digests)
    {
        if (state.Length != Sha256Lanes.StateWords) throw new ArgumentException("A chaining value has eight words.", nameof(state));
        if (digests.Length < messages.Length) throw new ArgumentException("Each message needs room for a digest.", nameof(digests));
        byte* room = stackalloc byte[sizeof(Work) + BlockSize];
        var work = (Work*)(((nuint)room + BlockSize - 1) & ~(nuint)(BlockSize - 1)); // registers are loaded from whole cache lines
        int begun = 0, running = 0;
        for (int lane = 0; lane < Count; lane++)
        {
            if (begun == order.Length) Rest(work, lane);
            else
            {
                Begin(work, lane, order[begun], state, before, messages[order[begun]]);
                begun++;
                running++;
            }
        }

        while (running > 0)
        {
            uint blocks = Shortest(work);
            Sha256Compression.Absorb(work->State, work->Next, work->Stride, blocks);
            for (int lane = 0; lane < Count; lane++)
            {
                if (work->Message[lane] == Idle || (work->Left[lane] -= blocks) > 0) continue;
                int index = work->Message[lane];
                if (work->Done[lane] <= messages[index].Length) Continue(work, lane, before, messages[index]);
                else
                {
                    WriteDigest(work, lane, out digests[index]);
                    if (begun < order.Length)
                    {
                        Begin(work, lane, order[begun], state, before, messages[order[begun]]);
                        begun++;
                    }
                    else
                    {
                        Rest(work, lane);
                        running--;
                    }
                }
            }
        }

        Unsafe.InitBlockUnaligned(work, 0, (uint)sizeof(Work)); // the ends of what may be secret, and what a MAC was made from
    }

    private static uint Shortest(Work* work)
    {
        uint least = uint.MaxValue;
        for (int lane = 0; lane < Count; lane++) least = Math.Min(least, work->Left[lane]);
        return least;
    }

    private static void Begin(Work* work, int lane, int index, ReadOnlySpan<uint> state, int before, in LaneParts message)
    {
        for (int i = 0; i < Sha256Lanes.StateWords; i++) work->State[(i * Count) + lane] = state[i];
        work->Message[lane] = index;
        work->Done[lane] = 0;
        Continue(work, lane, before, message);
    }

    // A lane without a message computes something that is not taken.
    private static void Rest(Work* work, int lane)
    {
        work->Message[lane] = Idle;
        work->Left[lane] = uint.MaxValue;
        work->Next[lane] = (ulong)work->Zeros;
        work->Stride[lane] = 0;
    }

    // Finds the next run of blocks: of the body, of zeros, or one that has to be put together.
    private static void Continue(Work* work, int lane, int before, in LaneParts message)
    {
        long done = work->Done[lane];
        byte* copy = work->Copies + (lane * 2 * BlockSize);
        long blocks = 1;
        if (done >= message.HeadLength && done + BlockSize <= message.Written)
        {
            blocks = (message.Written - done) / BlockSize;
            Run(work, lane, message.Body + (done - message.HeadLength), BlockSize);
        }
        else if (done >= message.Written && done + BlockSize <= message.Length)
        {
            blocks = (message.Length - done) / BlockSize;
            Run(work, lane, work->Zeros, 0);
        }
        else if (done + BlockSize <= message.Length)
        {
            Copy(message, done, copy);
            Run(work, lane, copy, BlockSize);
        }
        else
        {
            int rest = (int)(message.Length - done);
            if (rest >= BlockSize - 8) blocks = 2;
            Unsafe.InitBlockUnaligned(copy + BlockSize, 0, BlockSize);
            Copy(message, done, copy);
            copy[rest] = 0x80;
            BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(copy + (blocks * BlockSize) - 8, 8), (ulong)(message.Length + before) * 8);
            Run(work, lane, copy, BlockSize);
        }

        work->Left[lane] = (uint)blocks;
        work->Done[lane] = done + (blocks * BlockSize); // more than the message's length once its end is under way
    }

    private static void Run(Work* work, int lane, byte* from, int stride)
    {
        work->Next[lane] = (ulong)from;
        work->Stride[lane] = (ulong)stride;
    }

    // One block from there on; zeros where the message has zeros or has ended.
    private static void Copy(in LaneParts message, long done, byte* copy)
    {
        Unsafe.InitBlockUnaligned(copy, 0, BlockSize);
        int filled = 0;
        if (done < message.HeadLength)
        {
            filled = (int)Math.Min(BlockSize, message.HeadLength - done);
            Buffer.MemoryCopy(message.Head + done, copy, BlockSize, filled);
        }

        long inBody = done + filled - message.HeadLength;
        int count = (int)Math.Min(BlockSize - filled, message.BodyLength - inBody);
        if (count > 0) Buffer.MemoryCopy(message.Body + inBody, copy + filled, BlockSize - filled, count);
    }

    private static void WriteDigest(Work* work, int lane, out Id32 digest)
    {
        Span<uint> words = stackalloc uint[Sha256Lanes.StateWords];
        for (int i = 0; i < words.Length; i++) words[i] = BinaryPrimitives.ReverseEndianness(work->State[(i * Count) + lane]);
        digest = new Id32(MemoryMarshal.AsBytes(words));
    }
}
