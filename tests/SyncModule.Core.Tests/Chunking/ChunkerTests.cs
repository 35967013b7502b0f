using System.Security.Cryptography;
using SyncModule.Core.Chunking;

namespace SyncModule.Core.Tests.Chunking;

public class ChunkerTests
{
    private static readonly GearTable Table = GearTable.Derive(Key(0));

    [Fact]
    public void The_published_rule_gives_these_cuts_for_the_key_00_01_to_1f()
    {
        Assert.Equal(GoldenFirst, Table.Entries[0]);
        Assert.Equal(GoldenLast, Table.Entries[255]);
        Assert.Equal(GoldenCuts, Cuts(SplitMix.Bytes(1, 2_000_003), Table));
    }

    [Fact]
    public void Each_cut_is_the_first_place_that_the_rule_allows()
    {
        foreach (int length in new[] { 0, 1, 63, 64, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 700_001 })
        {
            byte[] data = SplitMix.Bytes((ulong)length, length);
            Assert.Equal(CutsByTheFormula(data, Table), Cuts(data, Table));
        }

        // Low-entropy content makes cuts at other places than random bytes do.
        byte[] words = [.. SplitMix.Bytes(5, 600_000).Select(b => (byte)(b % 3))];
        Assert.Equal(CutsByTheFormula(words, Table), Cuts(words, Table));
    }

    [Theory]
    [InlineData(Chunker.MinSize, Chunker.NormalSize, Chunker.StrictMask)]
    [InlineData(Chunker.NormalSize, Chunker.NormalSize + 20_000, Chunker.LooseMask)]
    public void Of_two_candidates_the_first_cuts_wherever_they_stand(int from, int to, ulong mask)
    {
        // Several places are hashed at once: each stride of 2 KiB, its ends and what is beside them, before and behind each other.
        byte[] window = Candidate(mask);
        int[] places = [.. Enumerable.Range(0, 8).SelectMany(i => new[] { -1, 0, 1, 77, 1_000 }.Select(beside => from + (2048 * i) + beside)).Append(to - 1).Where(i => i >= from)];
        byte[] data = new byte[to + 5_000];
        foreach (int one in places)
        {
            foreach (int other in places.Where(i => i == one || Math.Abs(i - one) > 2 * window.Length))
            {
                Array.Clear(data);
                window.CopyTo(data, one - window.Length);
                window.CopyTo(data, other - window.Length);
                Assert.Equal(Math.Min(one, other), Chunker.NextCut(data, Table, final: true));
                Assert.Equal(Math.Min(one, other), Chunker.NextCut(data.AsSpan(0, one), Table, final: false));
            }
        }
    }

    [Theory]
    [InlineData(97)]
    [InlineData(1_009)]
    [InlineData(16_384)]
    [InlineData(65_537)]
    [InlineData(262_144)]
    [InlineData(1_000_003)]
    public void Cuts_do_not_depend_on_the_pieces_in_which_content_arrives(int piece)
    {
        byte[] data = SplitMix.Bytes(2, 1_234_567);
        Assert.Equal(Cuts(data, Table), Fed(data, _ => piece));
    }

    [Fact]
    public void Cuts_do_not_depend_on_pieces_of_random_sizes_either()
    {
        byte[] data = SplitMix.Bytes(3, 2_345_678);
        for (int seed = 0; seed < 7; seed++)
        {
            var random = new Random(seed);
            Assert.Equal(Cuts(data, Table), Fed(data, _ => random.Next(1, 1 << random.Next(8, 20))));
        }
    }

    [Fact]
    public void More_is_asked_for_until_the_answer_cannot_change()
    {
        byte[] zeros = new byte[Chunker.MaxSize + 1];
        Assert.Equal(0, Chunker.NextCut([], Table, final: false));
        Assert.Equal(0, Chunker.NextCut([], Table, final: true));
        Assert.Equal(0, Chunker.NextCut(zeros.AsSpan(0, 1), Table, final: false));
        Assert.Equal(1, Chunker.NextCut(zeros.AsSpan(0, 1), Table, final: true));
        Assert.Equal(0, Chunker.NextCut(zeros.AsSpan(0, Chunker.MaxSize - 1), Table, final: false));
        Assert.Equal(Chunker.MaxSize - 1, Chunker.NextCut(zeros.AsSpan(0, Chunker.MaxSize - 1), Table, final: true));
        Assert.Equal(Chunker.MaxSize, Chunker.NextCut(zeros.AsSpan(0, Chunker.MaxSize), Table, final: false));
        Assert.Equal(Chunker.MaxSize, Chunker.NextCut(zeros, Table, final: true));
    }

    [Fact]
    public void Bytes_inserted_at_the_front_change_a_bounded_number_of_chunks()
    {
        byte[] data = SplitMix.Bytes(4, 8_000_009);
        var before = Chunks(data, Table);
        foreach (int inserted in new[] { 1, 2, 63, 64, 65, 1_000, 16_383, 16_385, 65_536, 100_003, 262_145 })
        {
            byte[] changed = [.. SplitMix.Bytes((ulong)inserted, inserted), .. data];
            var after = Chunks(changed, Table);
            int fresh = after.Count(chunk => !before.Contains(chunk));
            Assert.InRange(fresh, 1, 12 + (inserted / Chunker.MinSize));
        }
    }

    [Fact]
    public void An_edit_in_the_middle_leaves_every_chunk_before_it_and_most_behind_it()
    {
        byte[] data = SplitMix.Bytes(6, 8_000_009);
        byte[] edited = (byte[])data.Clone();
        edited[4_000_001] ^= 0x20;
        var cuts = Cuts(data, Table);
        var editedCuts = Cuts(edited, Table);
        int prefix = cuts.TakeWhile(cut => cut <= 4_000_001).Count();
        Assert.Equal(cuts.Take(prefix), editedCuts.Take(prefix));
        Assert.InRange(Chunks(edited, Table).Except(Chunks(data, Table), StringComparer.Ordinal).Count(), 1, 12);
    }

    [Fact]
    public void Sizes_stay_in_bounds_and_average_near_64_KiB_on_random_content()
    {
        for (int key = 0; key < 3; key++)
        {
            byte[] data = SplitMix.Bytes(100 + (ulong)key, 40_000_001);
            var cuts = Cuts(data, GearTable.Derive(Key((byte)key)));
            int start = 0;
            foreach (int cut in cuts)
            {
                Assert.InRange(cut - start, cut == data.Length ? 1 : Chunker.MinSize, Chunker.MaxSize);
                start = cut;
            }

            Assert.Equal(data.Length, start);
            Assert.InRange((double)data.Length / cuts.Count, 56 * 1024, 80 * 1024);
        }
    }

    [Fact]
    public void Another_key_cuts_elsewhere()
    {
        byte[] data = SplitMix.Bytes(7, 8_000_009);
        byte[] key = Key(0);
        key[31] ^= 1;
        var common = Cuts(data, Table).Intersect(Cuts(data, GearTable.Derive(key)));
        Assert.Equal([data.Length], common);
    }

    [Fact]
    public void Runs_of_any_one_byte_give_chunks_of_the_greatest_size_under_any_key()
    {
        byte[] run = new byte[(2 * Chunker.MaxSize) + 77];
        for (int key = 0; key < 5; key++)
        {
            var table = GearTable.Derive(Key((byte)key));
            for (int value = 0; value < 256; value++)
            {
                run.AsSpan().Fill((byte)value);
                Assert.Equal([Chunker.MaxSize, 2 * Chunker.MaxSize, run.Length], Cuts(run, table));
            }
        }
    }

    [Fact]
    public void Finding_cuts_allocates_nothing()
    {
        byte[] data = SplitMix.Bytes(8, 1_000_000);
        int Count()
        {
            int count = 0;
            for (int start = 0; start < data.Length; count++) start += Chunker.NextCut(data.AsSpan(start), Table, final: true);
            return count;
        }

        int warm = Count();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int again = Count();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(warm, again);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => GearTable.Derive(new byte[length]));

    private const ulong GoldenFirst = 0x1B4C_8120_A482_3A95;
    private const ulong GoldenLast = 0x5325_2751_D4F7_CA22;
    private static readonly int[] GoldenCuts =
    [
        93168, 146333, 164438, 230939, 254526, 292053, 359742, 435234, 493380, 590192, 611797, 699307,
        782113, 856508, 893570, 953510, 1019194, 1085776, 1155788, 1211183, 1264037, 1339260, 1421245, 1495697,
        1554177, 1600317, 1676464, 1777855, 1868754, 1942352, 1959103, 2000003,
    ];

    // 64 bytes behind which the rule cuts under this mask, and under no stricter one.
    private static byte[] Candidate(ulong mask)
    {
        byte[] noise = SplitMix.Bytes(9, 4_000_000);
        ulong h = 0;
        for (int i = 0; i < noise.Length; i++)
        {
            h = h + h + Table.Entries[noise[i]];
            if (i >= Chunker.WindowSize && (h & mask) == 0 && (mask == Chunker.StrictMask || (h & Chunker.StrictMask) != 0)) return noise[(i + 1 - Chunker.WindowSize)..(i + 1)];
        }

        throw new InvalidOperationException("No candidate in the noise.");
    }

    private static byte[] Key(byte first) => [.. Enumerable.Range(first, GearTable.KeySize).Select(i => (byte)i)];

    private static List<int> Cuts(byte[] data, GearTable table)
    {
        var cuts = new List<int>();
        for (int start = 0; start < data.Length;)
        {
            int length = Chunker.NextCut(data.AsSpan(start), table, final: true);
            Assert.InRange(length, 1, data.Length - start);
            cuts.Add(start += length);
        }

        return cuts;
    }

    private static HashSet<string> Chunks(byte[] data, GearTable table)
    {
        int start = 0;
        var chunks = new HashSet<string>(StringComparer.Ordinal);
        foreach (int cut in Cuts(data, table))
        {
            chunks.Add(Convert.ToHexString(SHA256.HashData(data.AsSpan(start, cut - start))));
            start = cut;
        }

        return chunks;
    }

    // A reader with a buffer: it asks after every piece and says "final" only once the content has ended.
    private static List<int> Fed(byte[] data, Func<int, int> pieceAt)
    {
        var cuts = new List<int>();
        int start = 0;
        for (int end = 0; start < data.Length;)
        {
            end = Math.Min(data.Length, end + pieceAt(end));
            int length;
            while (start < end && (length = Chunker.NextCut(data.AsSpan(start, end - start), Table, final: end == data.Length)) > 0) cuts.Add(start += length);
        }

        return cuts;
    }

    // The sum of the specification, written without a rolling hash.
    private static List<int> CutsByTheFormula(byte[] data, GearTable table)
    {
        var cuts = new List<int>();
        for (int start = 0; start < data.Length;)
        {
            int i = Math.Min(Chunker.MinSize, data.Length - start);
            while (i < data.Length - start && i < Chunker.MaxSize && Hash(data, start + i, table) >> (i < Chunker.NormalSize ? 47 : 50) != 0) i++;
            cuts.Add(start += i);
        }

        return cuts;
    }

    private static ulong Hash(byte[] data, int end, GearTable table)
    {
        ulong sum = 0;
        for (int k = 0; k < 64; k++) sum += table.Entries[data[end - 1 - k]] << k;
        return sum;
    }
}
