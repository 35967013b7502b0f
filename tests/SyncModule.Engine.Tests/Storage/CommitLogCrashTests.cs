using SyncModule.Engine.Storage;
using static SyncModule.Engine.Tests.Storage.LogFixture;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>
/// A scripted workload of two processes, broken at every single disk call: what was acknowledged is there afterwards, nothing is
/// half there, nothing appears that nobody wrote, and the log goes on.
/// </summary>
public sealed class CommitLogCrashTests
{
    private static readonly CommitLogOptions Small = new() { SegmentLimit = 400 };

    /// <summary>What the workload was told is stored, and what it tried to store.</summary>
    private sealed class Story
    {
        public List<string> Acknowledged { get; } = [];

        public List<string> Attempted { get; } = [];

        public int Failures { get; set; }
    }

    private static void Work(MemoryDisk disk, Story story, bool retry)
    {
        using CommitLog a = OpenLog(disk.OpenProcess(), 1, Small);
        using CommitLog b = OpenLog(disk.OpenProcess(), 2, Small);
        for (int i = 0; i < 9; i++)
        {
            CommitLog log = i % 3 == 1 ? b : a;
            string[] texts = [.. Enumerable.Range(0, 1 + i % 3).Select(n => $"{i}.{n} " + new string('x', i * 13))];
            story.Attempted.AddRange(texts);
            try
            {
                log.Append(texts);
                story.Acknowledged.AddRange(texts);
                if (i % 4 == 3) b.EnsureSynced(b.CurrentEnd());
            }
            catch (Exception e) when (retry && e is DiskException or SyncException)
            {
                story.Failures++;
            }
        }
    }

    private static long CallsOfWork()
    {
        var disk = new MemoryDisk { LocksWait = false };
        Work(disk, new Story(), retry: false);
        return disk.Calls;
    }

    /// <summary>All attempted groups in order, of which the acknowledged must be there and any other group is whole or absent.</summary>
    private static void Check(MemoryDisk disk, Story story, string where)
    {
        using CommitLog log = OpenLog(disk.OpenProcess(), 3, Small);
        log.Append("after");
        string[] texts = log.Texts();
        Assert.True(texts[^1] == "after", where);
        string[] before = texts[..^1];
        string[] lost = [.. story.Acknowledged.Except(before)];
        Assert.True(lost.Length == 0, $"{where}: lost {string.Join(", ", lost)}");
        Assert.True(before.Distinct().Count() == before.Length, $"{where}: doubled");
        Assert.True(before.SequenceEqual(story.Attempted.Where(before.Contains)), $"{where}: order or phantom");
        foreach (IGrouping<string, string> group in story.Attempted.GroupBy(t => t[..2]))
        {
            Assert.True(group.All(before.Contains) || !group.Any(before.Contains), $"{where}: group {group.Key} is half there");
        }

        Assert.True(log.Damage.Count == 0, $"{where}: damage {string.Join(", ", log.Damage)}");
    }

    [Fact]
    public void Power_cut_at_every_call_loses_nothing_that_was_acknowledged()
    {
        long calls = CallsOfWork();
        Assert.InRange(calls, 100, 1_000);
        for (long point = 1; point <= calls; point++)
        {
            for (int luck = 0; luck < 6; luck++)
            {
                var disk = new MemoryDisk { LocksWait = false };
                disk.FaultHook = call => call.Number == point ? DiskFault.Crash : null;
                var story = new Story();
                Assert.Throws<SimulatedCrashException>(() => Work(disk, story, retry: false));
                disk.FaultHook = null;
                var random = new Random((int)point * 10 + luck);
                disk.PowerCut(luck switch { 0 => _ => 0, 1 => n => n - 1, _ => random.Next });
                Check(disk, story, $"cut at {point}, luck {luck}");
            }
        }
    }

    [Fact]
    public void A_process_killed_at_every_call_leaves_a_log_that_the_other_goes_on_with()
    {
        long calls = CallsOfWork();
        for (long point = 1; point <= calls; point++)
        {
            var disk = new MemoryDisk { LocksWait = false };
            disk.FaultHook = call => call.Number == point ? DiskFault.Crash : null;
            var story = new Story();
            Assert.Throws<SimulatedCrashException>(() => Work(disk, story, retry: false));
            disk.FaultHook = null;
            Check(disk, story, $"killed at {point}");

            // And what the survivor was told is durable, whoever wrote it.
            story.Acknowledged.Add("after");
            disk.PowerCut(_ => 0);
            using CommitLog log = OpenLog(disk.OpenProcess(), 4, Small);
            Assert.Empty(story.Acknowledged.Except(log.Texts()));
        }
    }

    [Theory]
    [InlineData(DiskFailure.Failed, false)]
    [InlineData(DiskFailure.Full, false)]
    [InlineData(DiskFailure.Failed, true)]
    public void An_error_at_every_call_acknowledges_nothing_that_is_lost_and_later_appends_work(DiskFailure failure, bool shortWrite)
    {
        long calls = CallsOfWork();
        int failed = 0;
        for (long point = 1; point <= calls; point++)
        {
            var disk = new MemoryDisk { LocksWait = false };
            disk.FaultHook = call => call.Number == point ? new DiskFault(failure, shortWrite ? 29 : 0) : null;
            var story = new Story();
            Work(disk, story, retry: true);
            failed += story.Failures;

            // A lost write-back is also reported to the other process that had the segment open: two appends may fail.
            Assert.InRange(story.Failures, 0, 2);
            Assert.InRange(story.Acknowledged.Count, story.Attempted.Count - 6, story.Attempted.Count);
            disk.FaultHook = null;
            disk.PowerCut(_ => 0);
            Check(disk, story, $"{failure} at {point}");
        }

        Assert.InRange(failed, calls * 9 / 10, calls * 2);
    }

    [Fact]
    public void A_disk_that_stays_full_refuses_everything_and_loses_nothing()
    {
        long calls = CallsOfWork();
        for (long point = 1; point <= calls; point += 3)
        {
            var disk = new MemoryDisk { LocksWait = false };
            disk.FaultHook = call => call.Number >= point && call.Operation is "write" or "preallocate" ? DiskFault.ShortWrite(11) : null;
            var story = new Story();
            Work(disk, story, retry: true);
            disk.FaultHook = null;
            Check(disk, story, $"full from {point}");
        }
    }
}
