using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class FrameTests
{
    private static readonly FrameType[] Types = Enum.GetValues<FrameType>();

    [Fact]
    public void FramesSurviveAnyCut() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var writer = new FrameWriter();
        var expected = new List<(FrameType, byte[])>();
        for (int i = 0; i < 5; i++)
        {
            var type = Types[random.Next(Types.Length)];
            var body = new byte[random.Next(4) == 0 ? random.Next(Math.Min(FrameReader.MaxBody(type), 300_001)) : random.Next(17)];
            random.NextBytes(body);
            writer.Write(type, body);
            expected.Add((type, body));
        }

        var memory = new LentMemory(mostBody: random.Next(2) == 0 ? int.MaxValue : 100_000);
        var reader = new FrameReader(memory);
        var got = new List<(FrameType, byte[])>();
        ReadOnlySpan<byte> rest = writer.Detach().Span;
        while (rest.Length > 0)
        {
            var part = rest[..Math.Min(rest.Length, 1 + random.Next(40_001))];
            if (reader.Room.Length > 0 && random.Next(2) == 0)
            {
                // As a channel that opens a body in its place.
                part = part[..Math.Min(part.Length, reader.Room.Length)];
                part.CopyTo(reader.Room.Span);
                reader.Advance(part.Length);
                rest = rest[part.Length..];
                part = default;
            }
            else
            {
                rest = rest[part.Length..];
            }

            while (reader.TryRead(ref part, out var frame))
            {
                got.Add((frame.Type, frame.Body.ToArray()));
                frame.Release();
            }
        }

        return memory.Lent == 0 && reader.Failure is null && !reader.InFrame && got.Count == expected.Count
            && got.Zip(expected).All(p => p.First.Item1 == p.Second.Item1 && p.First.Item2.AsSpan().SequenceEqual(p.Second.Item2));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void ALengthOverTheTypesLimitIsRefusedBeforeAnythingIsAllocated()
    {
        // The first refusal of a process fills caches of the runtime (the names of the types); the bound is for those after it.
        Refuse(Types[0], uint.MaxValue);
        foreach (var type in Types)
        {
            foreach (uint length in new[] { (uint)FrameReader.MaxBody(type) + 1, uint.MaxValue, 0x8000_0000u }) Assert.InRange(Refuse(type, length), 0, 4_096);
        }

        // Bytes that were allocated on the way.
        static long Refuse(FrameType type, uint length)
        {
            var head = new byte[5];
            head[0] = (byte)type;
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), length);
            var reader = new FrameReader();
            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadOnlySpan<byte> input = head;
            bool whole = reader.TryRead(ref input, out _);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.False(whole);
            Assert.Equal(SyncErrors.MessageTooLarge, reader.Failure!.Value.Kind);
            input = new byte[9];
            Assert.False(reader.TryRead(ref input, out _));
            return allocated;
        }
    }

    [Fact]
    public void MemoryGrowsOnlyWithTheBytesThatCame()
    {
        var head = new byte[5];
        head[0] = (byte)FrameType.Data;
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), SessionLimits.MaxData);
        foreach (int sent in new[] { 1, 65_535, 65_537, 300_001 })
        {
            var reader = new FrameReader();
            var bytes = new byte[sent];
            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadOnlySpan<byte> input = head;
            reader.TryRead(ref input, out _);
            input = bytes;
            Assert.False(reader.TryRead(ref input, out _));
            // The last buffer is at most 4 × what came; the ones before it add a third of that.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (sent * 6L) + (80 << 10));
        }
    }

    [Fact]
    public void EveryOtherCodeIsAViolationAtItsFirstByte()
    {
        for (int code = 0; code < 256; code++)
        {
            var reader = new FrameReader();
            ReadOnlySpan<byte> input = [(byte)code];
            Assert.False(reader.TryRead(ref input, out _));
            Assert.Equal(!Enum.IsDefined((FrameType)code), reader.Failure is { } f && f.Kind == SyncErrors.ProtocolViolation);
        }
    }

    [Fact]
    public void AFrameThatIsTooLargeIsTakenBack()
    {
        var writer = new FrameWriter();
        writer.Write(FrameType.Ping, [1]);
        var refused = Assert.Throws<SyncException>(() => writer.Write(FrameType.Ping, new byte[SessionLimits.MaxOther + 1]));
        Assert.Equal(SyncErrors.MessageTooLarge, refused.Kind);
        writer.Write(FrameType.Ping, [2]);
        Assert.Equal(12, writer.Detach().Length);
    }

    [Fact]
    public void AFrameThatNeverBecomesWholeGivesItsMemoryBack()
    {
        var memory = new LentMemory(int.MaxValue);
        var reader = new FrameReader(memory);
        ReadOnlySpan<byte> input = [(byte)FrameType.Data, 0, 0, 0, 9, 1, 2];
        Assert.False(reader.TryRead(ref input, out _));
        Assert.Equal((1, 7), (memory.Lent, reader.Room.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Advance(8));
        reader.Abandon();
        Assert.Equal((0, 0), (memory.Lent, reader.Room.Length));
    }

    /// <summary>Lends arrays and counts those that are out; refuses bodies above a size, as blocks do.</summary>
    private sealed class LentMemory(int mostBody) : IFrameMemory
    {
        public int Lent { get; private set; }

        public FrameRoom? Rent(int length)
        {
            if (length > mostBody) return null;
            Lent++;
            return new(new byte[length + 3], () => Lent--);
        }
    }
}
