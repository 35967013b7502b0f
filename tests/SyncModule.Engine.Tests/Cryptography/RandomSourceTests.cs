using SyncModule.Engine.Cryptography;
using SyncModule.Simulation;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>What everything that takes an IRandomSource relies on. Chances of a false alarm are below 2^-60 each.</summary>
public abstract class RandomSourceConformance
{
    private const int Guard = 16;

    protected abstract IRandomSource NewSource();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(4_097)]
    public void The_whole_span_is_filled_and_nothing_beside_it(int length)
    {
        var source = NewSource();
        var or = new byte[length];
        var and = new byte[length];
        Array.Fill(and, (byte)0xFF);
        for (int draw = 0; draw < 100; draw++)
        {
            var buffer = new byte[length + (2 * Guard)];
            Array.Fill(buffer, (byte)0xA5);
            source.Fill(buffer.AsSpan(Guard, length));
            Assert.All(buffer[..Guard].Concat(buffer[^Guard..]), b => Assert.Equal(0xA5, b));
            for (int i = 0; i < length; i++)
            {
                or[i] |= buffer[Guard + i];
                and[i] &= buffer[Guard + i];
            }
        }

        Assert.All(or, b => Assert.Equal(0xFF, b));
        Assert.All(and, b => Assert.Equal(0, b));
    }

    [Fact]
    public void No_two_draws_are_equal() => Assert.Equal(20_000, Draws(NewSource(), 20_000).ToHashSet().Count);

    [Fact]
    public void Two_sources_differ() => Assert.Empty(Draws(NewSource(), 1_000).Intersect(Draws(NewSource(), 1_000)));

    [Fact]
    public void Every_value_comes_about_as_often_as_every_other()
    {
        var bytes = new byte[1 << 20];
        NewSource().Fill(bytes);
        var counts = new int[256];
        foreach (byte b in bytes) counts[b]++;

        // 4,096 each on average; ten standard deviations are 640.
        Assert.All(counts, count => Assert.InRange(count, 4_096 - 640, 4_096 + 640));
        long ones = bytes.Sum(b => (long)System.Numerics.BitOperations.PopCount(b));
        Assert.InRange(ones, (4L << 20) - 14_500, (4L << 20) + 14_500);
    }

    /// <summary>16 bytes each.</summary>
    protected static List<UInt128> Draws(IRandomSource source, int count)
    {
        var draws = new List<UInt128>(count);
        var bytes = new byte[16];
        for (int i = 0; i < count; i++)
        {
            source.Fill(bytes);
            draws.Add(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));
        }

        return draws;
    }
}

/// <summary>The operating system's generator, which the product draws from.</summary>
public sealed class SystemRandomSourceTests : RandomSourceConformance
{
    protected override IRandomSource NewSource() => SystemRandomSource.Instance;

    [Fact]
    public async Task Many_threads_at_once_never_draw_the_same()
    {
        var draws = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() => Draws(NewSource(), 5_000), TaskCreationOptions.LongRunning)));
        Assert.Equal(40_000, draws.SelectMany(d => d).ToHashSet().Count);
    }
}

/// <summary>The simulation's source: as even, and the same again for the same seed.</summary>
public sealed class SeededRandomTests : RandomSourceConformance
{
    private ulong _seed = 41;

    protected override IRandomSource NewSource() => new SeededRandom(_seed++);

    [Fact]
    public void The_same_seed_gives_the_same_bytes_however_they_are_asked_for_in_whole_words()
    {
        Assert.Equal(Draws(new SeededRandom(7), 100), Draws(new SeededRandom(7), 100));
        byte[] once = new byte[1_600], inParts = new byte[1_600];
        new SeededRandom(7).Fill(once);
        var random = new SeededRandom(7);
        for (int at = 0; at < inParts.Length; at += 32) random.Fill(inParts.AsSpan(at, 32));
        Assert.Equal(once, inParts);
    }

    [Fact]
    public void A_fork_follows_from_its_seed_and_is_another_stream()
    {
        Assert.Equal(Draws(new SeededRandom(7).Fork(), 100), Draws(new SeededRandom(7).Fork(), 100));
        Assert.Empty(Draws(new SeededRandom(7).Fork(), 1_000).Intersect(Draws(new SeededRandom(7), 1_000)));
    }
}
