using SyncModule.Core.Encoding;

namespace SyncModule.Core.Tests.Encoding;

/// <summary>Whatever bytes come, the reader throws only <see cref="VaultFormatException"/> and allocates no more than they justify.</summary>
public class CborHostileInputTests
{
    [Theory]
    [InlineData("5a7fffffff00")] // byte string of 2 GB
    [InlineData("5affffffff00")]
    [InlineData("5b7fffffffffffffff00")]
    [InlineData("5bffffffffffffffff00")]
    [InlineData("7a7fffffff00")] // text of 2 GB
    [InlineData("7bffffffffffffffff00")]
    [InlineData("9a7fffffff00")] // array of 2 billion
    [InlineData("9bffffffffffffffff00")]
    [InlineData("829a7fffffff00")]
    public void A_claimed_length_beyond_the_input_allocates_nothing(string hex)
    {
        byte[] data = Convert.FromHexString(hex);
        Assert.True(RefusedWithin(data, long.MaxValue)); // loads what the first exception needs
        Assert.True(RefusedWithin(data, 16 * 1024));
    }

    [Fact]
    public void An_array_never_says_more_items_than_bytes_are_left()
    {
        Assert.Equal(4, new CborReader([0x84, 0, 0, 0, 0]).ReadArray(int.MaxValue));
        Assert.Throws<VaultFormatException>(() => new CborReader([0x85, 0, 0, 0, 0]).ReadArray(int.MaxValue));
    }

    [Fact]
    public void A_million_random_and_mutated_inputs_raise_nothing_but_format_errors()
    {
        var random = new Random(20_260);
        var seeds = Enumerable.Range(0, 997).Select(_ => CborDiagnostic.Random(random).Ours).Where(seed => seed.Length <= 400).ToArray();
        int refused = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            byte[] data;
            if (i % 2 == 0)
            {
                data = new byte[random.Next(41)];
                random.NextBytes(data);
            }
            else
            {
                data = CborMutation.Mutate(random, seeds[random.Next(seeds.Length)]);
            }

            try
            {
                ReadSomeShape(data, random);
            }
            catch (VaultFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 300_000, 999_999);
    }

    // Half of the time whole items, else a random row of typed reads, as a decoder of some shape does.
    private static void ReadSomeShape(byte[] data, Random random)
    {
        var reader = new CborReader(data);
        if (random.Next(2) == 0)
        {
            reader.Skip();
            reader.Finish();
            return;
        }

        for (int left = random.Next(1, 12); left > 0; left--)
        {
            switch (random.Next(12))
            {
                case 0: reader.Peek(); break;
                case 1: reader.ReadArray(random.Next(300)); break;
                case 2: reader.ReadArrayOf(random.Next(5)); break;
                case 3: reader.ReadUInt(); break;
                case 4: reader.ReadUInt(1000); break;
                case 5: reader.ReadInt(); break;
                case 6: reader.ReadBytes(random.Next(100)); break;
                case 7: reader.ReadText(random.Next(100)); break;
                case 8: reader.TryReadNull(); break;
                case 9: reader.ReadEncoded(); break;
                case 10: reader.ReadId16(); break;
                case 11: reader.ReadId32(); break;
            }
        }

        reader.Finish();
    }

    private static bool RefusedWithin(byte[] data, long bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            CborDiagnostic.Ours(data);
            return false;
        }
        catch (VaultFormatException)
        {
            return GC.GetAllocatedBytesForCurrentThread() - before <= bytes;
        }
    }
}
