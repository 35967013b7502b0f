using System.Buffers;
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

        var reader = new FrameReader(ArrayPool<byte>.Shared);
        var got = new List<(FrameType, byte[])>();
        ReadOnlySpan<byte> rest = writer.Detach().Span;
        while (rest.Length > 0)
        {
            var part = rest[..Math.Min(rest.Length, 1 + random.Next(40_001))];
            rest = rest[part.Length..];
            while (reader.TryRead(ref part, out var frame))
            {
                got.Add((frame.Type, frame.Body.ToArray()));
                frame.Release();
            }
        }

        return reader.Failure is null && !reader.InFrame && got.Count == expected.Count
            && got.Zip(expected).All(p => p.First.Item1 == p.Second.Item1 && p.First.Item2.AsSpan().SequenceEqual(p.Second.Item2));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void ALengthOverTheTypesLimitIsRefusedBeforeAnythingIsAllocated()
    {
        foreach (var type in Types)
        {
            foreach (uint length in new[] { (uint)FrameReader.MaxBody(type) + 1, uint.MaxValue, 0x8000_0000u })
            {
                var head = new byte[5];
                head[0] = (byte)type;
                BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), length);
                var reader = new FrameReader();
                long before = GC.GetAllocatedBytesForCurrentThread();
                ReadOnlySpan<byte> input = head;
                Assert.False(reader.TryRead(ref input, out _));
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_096);
                Assert.Equal(SyncErrors.MessageTooLarge, reader.Failure!.Value.Kind);
                input = new byte[9];
                Assert.False(reader.TryRead(ref input, out _));
            }
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
}
