using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using static SyncModule.Engine.Tests.Storage.LogFixture;

namespace SyncModule.Engine.Tests.Storage;

public sealed class CommitLogTests
{
    private const string First = "log/0001.log";
    private readonly MemoryDisk _memory = new();

    [Fact]
    public void What_was_appended_is_read_after_reopening_with_its_positions()
    {
        MemoryProcess disk = _memory.OpenProcess();
        var builder = new LogGroupBuilder();
        builder.Add(LogRecordType.Block, "a sealed block"u8);
        builder.Add(LogRecordType.Commit, "its commit"u8);
        builder.Add(LogRecordType.Object, new byte[LogFormat.MaxObjectLength]);
        builder.Add(LogRecordType.MembershipCommit, []);
        IReadOnlyList<LogPosition> positions;
        LogMark end;
        using (CommitLog log = OpenLog(disk))
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            positions = session.Append(builder);
            end = session.Sync();
            Assert.Equal(end, log.SyncedMark);
        }

        using CommitLog again = OpenLog(_memory.OpenProcess());
        LogGroup group = Assert.Single(again.ReadGroups(LogMark.Start));
        Assert.Equal([LogRecordType.Block, LogRecordType.Commit, LogRecordType.Object, LogRecordType.MembershipCommit], group.Records.Select(r => r.Type));
        Assert.Equal(positions, group.Records.Select(r => r.Position));
        Assert.Equal(end, group.End);
        Assert.Equal(end, again.CurrentEnd());
        var bytes = new byte["its commit".Length];
        again.Read(positions[1], bytes);
        Assert.Equal("its commit", Encoding.ASCII.GetString(bytes));
        Assert.Empty(again.ReadGroups(end));
        Assert.Equal(LogMark.Start, again.SyncedMark);
    }

    [Fact]
    public void The_bytes_are_those_of_the_specification()
    {
        MemoryProcess disk = _memory.OpenProcess();
        using CommitLog log = CommitLog.Open(disk, span => new Id16(Convert.FromHexString("000102030405060708090a0b0c0d0e0f")).CopyTo(span));
        log.Append("hi");
        byte[] checksummed = Convert.FromHexString("000102030405060708090a0b0c0d0e0f" + "0000000000000001" + "00000007" + "0100000002" + "6869");
        string expected = Convert.ToHexStringLower("SMLG"u8) + "01" + "000102030405060708090a0b0c0d0e0f" +
            "0001020304050607" + "0000000000000001" + "00000007" + Crc32C.Compute(checksummed).ToString("x8") + "0100000002" + "6869";
        byte[] file = disk.ReadFile(First);
        Assert.Equal(expected, Convert.ToHexStringLower(file.AsSpan(0, expected.Length / 2)));
        Assert.DoesNotContain(file[(expected.Length / 2)..], b => b != 0);
    }

    [Fact]
    public void Two_processes_that_append_in_turn_lose_nothing_and_number_without_holes()
    {
        using CommitLog a = OpenLog(_memory.OpenProcess(), 1, new() { SegmentLimit = 2_000 });
        using CommitLog b = OpenLog(_memory.OpenProcess(), 2, new() { SegmentLimit = 2_000 });
        var expected = new List<string>();
        for (int i = 0; i < 200; i++)
        {
            CommitLog writer = i % 3 == 0 ? a : b;
            expected.Add($"record {i}");
            writer.Append(expected[^1]);
        }

        foreach (CommitLog log in new[] { a, b, OpenLog(_memory.OpenProcess()) })
        {
            Assert.Equal(expected, log.Texts());
            Assert.Empty(log.Damage);
            foreach (IGrouping<int, LogGroup> segment in log.ReadGroups(LogMark.Start).GroupBy(g => g.End.Segment))
            {
                Assert.Equal(Enumerable.Range(1, segment.Count()).Select(n => (ulong)n), segment.Select(g => g.Number));
            }
        }

        Assert.Equal(a.CurrentEnd(), b.CurrentEnd());
        Assert.True(a.CurrentEnd().Segment > 3);
    }

    [Fact]
    public void Threads_over_a_real_folder_lose_nothing()
    {
        string root = Path.Combine(Path.GetTempPath(), "syncmodule-log-" + Guid.NewGuid().ToString("N"));
        try
        {
            Task[] writers = [.. Enumerable.Range(0, 3).Select(w => Task.Factory.StartNew(
                () =>
                {
                    using CommitLog log = OpenLog(LocalDisk.Open(root, create: true), w, new() { SegmentLimit = 3_000 });
                    for (int i = 0; i < 40; i++)
                    {
                        using AppendSession session = log.AcquireAppend(TimeSpan.FromMinutes(2));
                        session.Append(Group($"{w}:{i}"));
                        session.Sync();
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            Task.WaitAll(writers);
            using CommitLog reader = OpenLog(LocalDisk.Open(root));
            string[] texts = reader.Texts();
            for (int w = 0; w < 3; w++) Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{w}:{i}"), texts.Where(t => t.StartsWith($"{w}:", StringComparison.Ordinal)));
            Assert.Equal(120, texts.Length);
            Assert.Empty(reader.Damage);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void A_reader_sees_a_group_that_nobody_synced_but_may_not_answer_for_it_before_its_own_sync()
    {
        using CommitLog writer = OpenLog(_memory.OpenProcess());
        using CommitLog reader = OpenLog(_memory.OpenProcess());
        writer.Append("one");
        using AppendSession session = writer.AcquireAppend(TimeSpan.Zero);
        session.Append(Group("two"));
        Assert.Equal(["one", "two"], reader.Texts());
        Assert.Equal(LogMark.Start, reader.SyncedMark);
        reader.EnsureSynced(reader.CurrentEnd());
        Assert.Equal(session.End, reader.SyncedMark);
        _memory.PowerCut(_ => 0);
        Assert.Equal(["one", "two"], OpenLog(_memory.OpenProcess()).Texts());
    }

    [Fact]
    public void Asking_for_the_end_reads_two_headers_while_nobody_appends()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        using CommitLog other = OpenLog(_memory.OpenProcess(), 2);
        for (int i = 0; i < 50; i++) other.Append($"{i}");
        LogMark end = log.CurrentEnd();
        var operations = new List<string>();
        _memory.FaultHook = call =>
        {
            operations.Add(call.Operation);
            return null;
        };
        Assert.Equal(end, log.CurrentEnd());
        Assert.InRange(operations.Count, 1, 4);
        Assert.InRange(operations.Count(o => o == "read"), 1, 2);
        operations.Clear();
        _memory.FaultHook = null;
        LogMark next = other.Append("news");
        _memory.FaultHook = call =>
        {
            operations.Add(call.Operation);
            return null;
        };
        Assert.Equal(next, log.CurrentEnd());
        Assert.InRange(operations.Count(o => o == "read"), 1, 4);
        _memory.FaultHook = null;
    }

    [Fact]
    public void Appending_after_a_mark_finds_the_next_number_without_reading_the_payloads()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        LogMark end = default;
        for (int i = 0; i < 7; i++) end = log.Append($"{i}", new string('x', 10_001));
        using CommitLog again = OpenLog(_memory.OpenProcess());
        Assert.Empty(again.Texts(end));
        again.Append("eighth");
        LogGroup last = Assert.Single(log.ReadGroups(end));
        Assert.Equal(8ul, last.Number);
    }

    [Fact]
    public void A_group_over_the_limit_has_a_segment_of_its_own()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess(), 1, new() { SegmentLimit = 1_000 });
        string large = new('l', 5_003);
        log.Append("small");
        log.Append(large);
        log.Append("small again");
        Assert.Equal(["small", large, "small again"], log.Texts());
        Assert.Equal(3, log.CurrentEnd().Segment);
    }

    [Fact]
    public void The_second_one_to_append_waits_and_never_cuts_what_the_first_is_writing()
    {
        using CommitLog a = OpenLog(_memory.OpenProcess());
        using CommitLog b = OpenLog(_memory.OpenProcess(), 2);
        using (AppendSession session = a.AcquireAppend(TimeSpan.Zero))
        {
            // A group half written is what a torn tail looks like.
            _memory.FaultHook = call => call.Operation == "write" ? DiskFault.ShortWrite(30) : call.Operation == "truncate" ? DiskFault.Crash : null;
            Assert.Throws<SimulatedCrashException>(() => session.Append(Group("half")));
            _memory.FaultHook = null;
        }

        using CommitLog c = OpenLog(_memory.OpenProcess(), 3);
        using (b.AcquireAppend(TimeSpan.Zero))
        {
            Assert.Equal("VaultBusy", Assert.Throws<SyncException>(() => c.AcquireAppend(TimeSpan.Zero)).ErrorId);
        }

        b.Append("whole");
        Assert.Equal(["whole"], c.Texts());
        Assert.Empty(b.Damage);
    }

    [Fact]
    public void Zeros_behind_the_last_group_are_a_clean_end()
    {
        MemoryProcess disk = _memory.OpenProcess();
        using CommitLog log = OpenLog(disk);
        log.Append("one");
        using (IDiskFile file = disk.Open(First, DiskOpen.ReadWrite)) file.SetLength(file.Length + 4_097);
        Assert.Equal(["one"], log.Texts());
        OpenLog(_memory.OpenProcess(), 2).Append("two");
        log.Append("three");
        Assert.Equal(["one", "two", "three"], log.Texts());
        Assert.Empty(log.Damage);
        Assert.Equal(1, log.CurrentEnd().Segment);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(LogFormat.SegmentHeaderLength - 1)]
    public void A_last_segment_whose_maker_died_before_its_header_was_whole_hides_nothing_of_the_one_before(int headerBytes)
    {
        using CommitLog writer = OpenLog(_memory.OpenProcess());
        LogMark end = writer.Append("one", "two");
        IDisk disk = _memory.OpenProcess();
        disk.WriteFile(LogFormat.SegmentPath(2), new byte[headerBytes]);
        foreach (CommitLog log in new[] { writer, OpenLog(_memory.OpenProcess(), 2) })
        {
            Assert.Equal(end, log.CurrentEnd());
            Assert.True(log.Fits(end));
            log.EnsureSynced(end);
            Assert.Equal(end, log.SyncedMark);
            Assert.Equal(["one", "two"], log.Texts());
            Assert.Empty(log.Damage);
        }

        // Who appends next completes the segment; a reader goes on there from the mark that it had.
        using CommitLog next = OpenLog(_memory.OpenProcess(), 3);
        Assert.Equal(2, next.Append("three").Segment);
        Assert.Equal(["three"], writer.Texts(end));
        Assert.Equal(next.CurrentEnd(), writer.CurrentEnd());
    }

    [Fact]
    public void Small_groups_are_written_into_zeros_that_were_written_ahead()
    {
        MemoryProcess disk = _memory.OpenProcess();
        using CommitLog log = OpenLog(disk, 1, new());
        for (int i = 0; i < 50; i++) log.Append($"{i}");
        long length = disk.TryGetLength(First)!.Value;
        Assert.True(length > log.CurrentEnd().Offset + 60_000);

        // Another opener finds the end by the same zeros, appends into them, and is seen.
        using CommitLog other = OpenLog(_memory.OpenProcess(), 2, new());
        Assert.Equal(log.CurrentEnd(), other.CurrentEnd());
        LogMark end = other.Append("other");
        Assert.Equal(length, disk.TryGetLength(First));
        Assert.Equal(end, log.CurrentEnd());
        log.Append("mine");
        Assert.Equal([.. Enumerable.Range(0, 50).Select(i => $"{i}"), "other", "mine"], other.Texts());
        Assert.Empty(log.Damage);
    }

    [Fact]
    public void Zeros_are_not_read_again_for_each_look_at_the_end()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess(), 1, new());
        log.Append("one");
        LogMark end = log.CurrentEnd();
        int reads = 0;
        _memory.FaultHook = call =>
        {
            if (call.Operation == "read") reads++;
            return null;
        };
        for (int i = 0; i < 10; i++) Assert.Equal(end, log.CurrentEnd());
        Assert.Empty(log.ReadGroups(end));
        _memory.FaultHook = null;
        Assert.InRange(reads, 10, 50);
    }

    [Fact]
    public void A_finished_segment_keeps_no_zeros()
    {
        MemoryProcess disk = _memory.OpenProcess();
        using CommitLog log = OpenLog(disk, 1, new() { SegmentLimit = 2_000 });
        LogMark end = log.Append(new string('a', 900));
        Assert.True(disk.TryGetLength(First) >= end.Offset);
        log.Append(new string('b', 1_200));
        Assert.Equal(end.Offset, disk.TryGetLength(First));
        Assert.Equal(2, log.CurrentEnd().Segment);
    }

    [Fact]
    public void A_disk_too_full_for_zeros_still_takes_the_group()
    {
        MemoryProcess disk = _memory.OpenProcess();
        OpenLog(disk).Append("one");
        using CommitLog log = OpenLog(disk, 2, new());
        int writes = 0;
        // The first one writes what the last process left once more (docs/decisions/023); the second makes room.
        _memory.FaultHook = call => call.Operation == "write" && writes++ == 1 ? DiskFault.Full : null;
        log.Append("two");
        _memory.FaultHook = null;
        Assert.Equal(3, writes);
        Assert.Equal(["one", "two"], log.Texts());
    }

    [Fact]
    public void A_mark_behind_groups_that_an_older_copy_does_not_have_does_not_fit()
    {
        MemoryProcess disk = _memory.OpenProcess();
        using CommitLog log = OpenLog(disk, 1, new());
        log.Append("one");
        byte[] older = disk.ReadFile(First);
        LogMark end = log.Append("two");
        disk.WriteFile(First, older);
        using CommitLog restored = OpenLog(_memory.OpenProcess(), 2, new());
        Assert.True(disk.TryGetLength(First) > end.Offset);
        Assert.False(restored.Fits(end));
        restored.Append("owt");
        Assert.False(restored.Fits(end));
    }

    [Fact]
    public void A_mark_of_another_log_does_not_fit()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        LogMark end = log.Append("one");
        Assert.True(log.Fits(end));
        Assert.True(log.Fits(LogMark.Start));
        Assert.False(log.Fits(end with { Offset = end.Offset + 1 }));
        Assert.False(log.Fits(end with { SegmentId = default }));
        Assert.False(log.Fits(end with { Segment = 2 }));
        Assert.Throws<LogMarkException>(() => log.ReadGroups(end with { SegmentId = default }));
        Assert.Throws<LogMarkException>(() => log.EnsureSynced(end with { Offset = end.Offset + 1 }));
    }

    [Fact]
    public void A_record_that_the_format_does_not_allow_is_refused_before_it_is_written()
    {
        var builder = new LogGroupBuilder();
        Assert.Throws<ArgumentException>(() => builder.Add((LogRecordType)9, []));
        Assert.Throws<ArgumentException>(() => builder.Add(LogRecordType.Object, new byte[LogFormat.MaxObjectLength + 1]));
        Assert.Throws<ArgumentException>(() => builder.Add(LogRecordType.Block, new byte[LogFormat.MaxPayloadLength - 4]));
        using CommitLog log = OpenLog(_memory.OpenProcess());
        using AppendSession session = log.AcquireAppend(TimeSpan.Zero);
        Assert.Throws<ArgumentException>(() => session.Append(builder));
    }
}
