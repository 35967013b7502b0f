using System.Buffers.Binary;

namespace SyncModule.Core.Tests.Merging;

/// <summary>
/// A source of chance that says what it is told: each draw takes the next number of a list, and the least there is when the list has ended. A
/// property that fails is then shrunk by shortening the list and making its numbers less, and what is left is a history with few operations.
/// </summary>
internal sealed class Choices(IReadOnlyList<int> numbers) : Random(0)
{
    private int _next, _ids;

    public override int Next() => Next(int.MaxValue);

    public override int Next(int maxValue) => _next < numbers.Count ? (int)((uint)numbers[_next++] % (uint)Math.Max(1, maxValue)) : 0;

    public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);

    public override double NextDouble() => Next(1000) / 1000.0;

    // Ids never collide, and which of two is greater is drawn.
    public override void NextBytes(Span<byte> buffer)
    {
        buffer.Clear();
        buffer[0] = (byte)Next(256);
        BinaryPrimitives.WriteInt32BigEndian(buffer[^4..], ++_ids);
    }

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());
}
