using SyncModule.Engine.Storage;
using static SyncModule.Engine.Tests.Storage.LogFixture;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>Torn tails are cut, damage is found and kept; never are wrong bytes taken for right ones.</summary>
public sealed class CommitLogDamageTests
{
    private const string First = "log/0001.log";

    private static readonly string[] Written = ["first", "second record", "the third and last one"];

    /// <summary>Three groups of one record; returns the file and the offset of each group's end.</summary>
    private static (byte[] Bytes, long[] Ends) Sample()
    {
        MemoryProcess disk = new MemoryDisk().OpenProcess();
        using CommitLog log = OpenLog(disk);
        long[] ends = [.. Written.Select(text => log.Append(text).Offset)];
        return (disk.ReadFile(First), ends);
    }

    private static CommitLog OpenWith(byte[] bytes, int seed = 7)
    {
        MemoryProcess disk = new MemoryDisk().OpenProcess();
        disk.WriteFile(First, bytes);
        return OpenLog(disk, seed);
    }

    [Fact]
    public void A_tail_torn_at_any_byte_is_cut_and_appending_goes_on()
    {
        (byte[] bytes, long[] ends) = Sample();
        for (int length = (int)ends[1]; length < ends[2]; length++)
        {
            using CommitLog log = OpenWith(bytes[..length]);
            Assert.Equal(Written[..2], log.Texts());
            log.Append("next");
            Assert.Equal([.. Written[..2], "next"], log.Texts());
            Assert.Equal(1, log.CurrentEnd().Segment);
            Assert.Empty(log.Damage);
        }
    }

    [Fact]
    public void A_tail_with_any_of_its_bytes_lost_to_zeros_is_cut()
    {
        (byte[] bytes, long[] ends) = Sample();
        for (int zero = (int)ends[1]; zero < ends[2]; zero++)
        {
            byte[] torn = [.. bytes];
            torn.AsSpan(zero).Clear();
            using CommitLog log = OpenWith(torn);
            log.Append("next");
            Assert.Equal([.. Written[..2], "next"], log.Texts());
            Assert.Empty(log.Damage);
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found_and_hides_no_other_group()
    {
        (byte[] bytes, long[] ends) = Sample();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] bad = [.. bytes];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            using CommitLog log = OpenWith(bad);
            int hit = bit / 8 < LogFormat.SegmentHeaderLength ? -1 : Array.FindIndex(ends, end => bit / 8 < end);
            string[] read = log.Texts();
            using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
            {
                session.Append(Group("next"));
                session.Sync();
                Assert.Equal(hit != 2, session.NewLogsNeeded);
            }

            // In the last group a flip cannot be told from a torn write: cut. The segment's header is found again from the groups.
            string[] expected = [.. Written.Where((_, i) => i != hit)];
            Assert.Equal(expected, read);
            Assert.Equal([.. expected, "next"], log.Texts());
            if (hit == 2) Assert.Empty(log.Damage);
            else Assert.NotEmpty(log.Damage);
        }
    }

    [Fact]
    public void A_segment_whose_random_is_lost_is_never_taken_for_a_torn_tail()
    {
        (byte[] bytes, _) = Sample();
        foreach (int offset in new[] { 5, 13 })
        {
            byte[] bad = [.. bytes];
            bad.AsSpan(offset, 16 - (offset - 5)).Fill(0xEE);
            MemoryProcess disk = new MemoryDisk().OpenProcess();
            disk.WriteFile(First, bad);
            using CommitLog log = OpenLog(disk, 5);
            log.Append("next");
            Assert.Equal(["next"], log.Texts());
            Assert.Equal(new LogDamage(1, 21, bad.Length - 21), Assert.Single(log.Damage));
            Assert.Equal(bad, disk.ReadFile(First));
        }
    }

    [Fact]
    public void Damage_in_the_middle_is_kept_for_repair_and_appending_goes_on_in_a_new_segment()
    {
        (byte[] bytes, long[] ends) = Sample();
        bytes[ends[0] + 30] ^= 1;
        MemoryProcess disk = new MemoryDisk().OpenProcess();
        disk.WriteFile(First, bytes);
        using CommitLog log = OpenLog(disk, 5);
        LogMark end = log.Append("next");
        Assert.Equal(new LogDamage(1, ends[0], ends[1] - ends[0]), Assert.Single(log.Damage));
        Assert.Equal(2, end.Segment);
        Assert.Equal(bytes, disk.ReadFile(First));
        using AppendSession session = log.AcquireAppend(TimeSpan.Zero);
        Assert.False(session.NewLogsNeeded);
        Assert.Equal(2, session.End.Segment);
    }

    [Fact]
    public void A_bad_group_below_a_synced_mark_is_damage_and_not_a_torn_tail()
    {
        (byte[] bytes, long[] ends) = Sample();
        MemoryProcess disk = new MemoryDisk().OpenProcess();
        disk.WriteFile(First, bytes);
        using CommitLog before = OpenLog(disk);
        LogMark mark = before.CurrentEnd();
        bytes[^1] ^= 0x80;
        disk.WriteFile(First, bytes);
        using CommitLog log = OpenLog(disk, 5);
        log.NoteSynced(mark);
        log.Append("next");
        Assert.Equal(new LogDamage(1, ends[1], ends[2] - ends[1]), Assert.Single(log.Damage));
        Assert.Equal(bytes, disk.ReadFile(First));
        Assert.Equal([.. Written[..2], "next"], log.Texts());

        // Whoever reads later knows no mark, but sees that the segment was left.
        using CommitLog later = OpenLog(disk, 6);
        Assert.Equal([.. Written[..2], "next"], later.Texts());
        Assert.Equal(log.Damage, later.Damage);
    }

    [Fact]
    public void A_file_that_is_shorter_than_a_synced_mark_is_damage()
    {
        (byte[] bytes, long[] ends) = Sample();
        MemoryProcess disk = new MemoryDisk().OpenProcess();
        disk.WriteFile(First, bytes);
        using CommitLog log = OpenLog(disk);
        log.Append("synced");
        disk.WriteFile(First, bytes[..(int)ends[1]]);
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero)) Assert.True(session.NewLogsNeeded);
        Assert.Equal(ends[1], Assert.Single(log.Damage).Offset);
    }

    [Fact]
    public void A_group_copied_over_another_or_taken_out_is_found()
    {
        (byte[] bytes, long[] ends) = Sample();
        byte[] cut = [.. bytes[..(int)ends[0]], .. bytes[(int)ends[1]..]];
        using (CommitLog log = OpenWith(cut))
        {
            Assert.Equal([Written[0], Written[2]], log.Texts());
            Assert.Equal(new LogDamage(1, ends[0], 0), Assert.Single(log.Damage));
        }

        byte[] repeated = [.. bytes[..(int)ends[1]], .. bytes[(int)ends[0]..(int)ends[1]], .. bytes[(int)ends[1]..]];
        using (CommitLog log = OpenWith(repeated))
        {
            Assert.Equal(Written, log.Texts());
            Assert.Equal(new LogDamage(1, ends[1], ends[1] - ends[0]), Assert.Single(log.Damage));
        }
    }

    [Fact]
    public void A_length_that_no_file_could_hold_allocates_nothing()
    {
        (byte[] bytes, long[] ends) = Sample();
        bytes.AsSpan((int)ends[1] + 16, 4).Fill(0xFF);
        using CommitLog log = OpenWith(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Written[..2], log.Texts());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
    }

    [Fact]
    public void A_lost_segment_is_damage_and_the_others_are_read()
    {
        MemoryProcess disk = new MemoryDisk().OpenProcess();
        using CommitLog log = OpenLog(disk, 1, new() { SegmentLimit = 60 });
        foreach (string text in Written) log.Append(text);
        disk.Delete("log/0002.log");
        using CommitLog later = OpenLog(disk);
        Assert.Equal([Written[0], Written[2]], later.Texts());
        Assert.Equal(new LogDamage(2, 0, 0), Assert.Single(later.Damage));
    }
}
