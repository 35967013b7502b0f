using SyncModule.Engine.Storage;
using static SyncModule.Engine.Tests.Storage.LogFixture;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>What follows a sync that fails: the one error that a program must never try away.</summary>
public sealed class CommitLogSyncFailureTests
{
    private readonly MemoryDisk _memory = new();

    private void FailNext(string operation, DiskFault fault)
    {
        bool done = false;
        _memory.FaultHook = call =>
        {
            if (done || call.Operation != operation) return null;
            done = true;
            return fault;
        };
    }

    [Fact]
    public void A_failed_sync_stores_nothing_leaves_the_segment_and_asks_for_new_logs()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        LogMark good = log.Append("good");
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            Assert.False(session.NewLogsNeeded);
            session.Append(Group("lost"));
            FailNext("sync", DiskFault.Failed);
            Assert.Equal(DiskFailure.Failed, Assert.Throws<DiskException>(() => session.Sync()).Failure);
            Assert.Throws<InvalidOperationException>(() => session.Sync());
            Assert.Throws<InvalidOperationException>(() => session.Append(Group("more")));
        }

        Assert.Equal(["good"], log.Texts());
        Assert.Equal(good, log.SyncedMark);
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            Assert.True(session.NewLogsNeeded);
            Assert.Equal(2, session.End.Segment);
            session.Append(Group("again"));
            session.Sync();
        }

        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero)) Assert.False(session.NewLogsNeeded);
        _memory.PowerCut(_ => 0);
        using CommitLog later = OpenLog(_memory.OpenProcess());
        Assert.Equal(["good", "again"], later.Texts());
        Assert.Empty(later.Damage);
    }

    [Fact]
    public void Where_the_disk_fails_to_begin_the_append_itself_fails_and_nothing_is_stored()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        LogMark good = log.Append("good");
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            FailNext("beginsync", DiskFault.Failed);
            Assert.Equal(DiskFailure.Failed, Assert.Throws<DiskException>(() => session.Append(Group("lost"))).Failure);
            Assert.Throws<InvalidOperationException>(() => session.Sync());
        }

        Assert.Equal(["good"], log.Texts());
        Assert.Equal(good, log.SyncedMark);
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            Assert.True(session.NewLogsNeeded);
            session.Append(Group("again"));
            session.Sync();
        }

        _memory.PowerCut(_ => 0);
        using CommitLog later = OpenLog(_memory.OpenProcess());
        Assert.Equal(["good", "again"], later.Texts());
    }

    [Fact]
    public void What_the_disk_was_asked_to_begin_with_is_not_stored()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        LogMark good = log.Append("good");
        using AppendSession session = log.AcquireAppend(TimeSpan.Zero);
        session.Append(Group("begun"));
        Assert.Equal(good, log.SyncedMark);
        _memory.PowerCut(_ => 0);
        using CommitLog later = OpenLog(_memory.OpenProcess());
        Assert.Equal(["good"], later.Texts());
    }

    [Fact]
    public void What_is_withdrawn_is_gone_for_everybody_and_asks_for_new_logs()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        using CommitLog other = OpenLog(_memory.OpenProcess(), 2);
        LogMark good = log.Append("good");
        LogMark seen;
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            session.Append(Group("withdrawn"));
            seen = other.CurrentEnd();
            session.Withdraw();
            session.Withdraw();
            Assert.Throws<InvalidOperationException>(() => session.Sync());
        }

        Assert.Equal(good, log.SyncedMark);
        Assert.False(other.Fits(seen));
        Assert.Equal(["good"], other.Texts());
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            Assert.True(session.NewLogsNeeded);
            session.Append(Group("next"));
            session.Sync();
            session.Withdraw(); // nothing is left to take back
        }

        _memory.PowerCut(_ => 0);
        using CommitLog later = OpenLog(_memory.OpenProcess(), 3);
        Assert.Equal(["good", "next"], later.Texts());
        Assert.Empty(later.Damage);
    }

    [Fact]
    public void An_index_that_had_read_the_cut_group_is_told_that_its_mark_does_not_fit()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        using CommitLog other = OpenLog(_memory.OpenProcess(), 2);
        log.Append("good");
        LogMark seen;
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            session.Append(Group("lost"));
            seen = other.ReadGroups(LogMark.Start).Last().End;
            FailNext("sync", DiskFault.Failed);
            Assert.Throws<DiskException>(() => session.Sync());
        }

        log.Append("again");
        Assert.False(other.Fits(seen));
        Assert.Throws<LogMarkException>(() => other.ReadGroups(seen));
        Assert.Throws<LogMarkException>(() => other.EnsureSynced(seen));
        other.Append("and the other");
        Assert.Equal(["good", "again", "and the other"], other.Texts());
    }

    [Fact]
    public void When_even_the_cut_fails_nothing_more_is_appended_by_this_process()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        log.Append("good");
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            session.Append(Group("lost"));
            _memory.FaultHook = call => call.Operation is "sync" or "truncate" ? DiskFault.Failed : null;
            Assert.Throws<DiskException>(() => session.Sync());
            _memory.FaultHook = null;
        }

        Assert.True(log.IsReadOnly);
        Assert.Equal("VaultReadOnly", Assert.Throws<SyncException>(() => log.AcquireAppend(TimeSpan.Zero)).ErrorId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_dead_process_could_neither_sync_nor_cut_is_written_again_before_it_is_believed(bool append)
    {
        MemoryProcess first = _memory.OpenProcess();
        CommitLog writer = OpenLog(first);
        writer.Append("good");
        AppendSession session = writer.AcquireAppend(TimeSpan.Zero);
        session.Append(Group("neither synced nor cut"));
        _memory.FaultHook = call => call.Operation is "sync" or "truncate" ? DiskFault.Failed : null;
        Assert.Throws<DiskException>(() => session.Sync());
        first.Kill();
        _memory.FaultHook = null;

        // To this process the group looks as if it were stored, and its sync has nothing to report.
        using CommitLog later = OpenLog(_memory.OpenProcess(), 2);
        if (append) later.Append("next");
        else later.EnsureSynced(later.CurrentEnd());
        _memory.PowerCut(_ => 0);
        using CommitLog last = OpenLog(_memory.OpenProcess(), 3);
        Assert.Equal(append ? ["good", "neither synced nor cut", "next"] : ["good", "neither synced nor cut"], last.Texts());
        Assert.Empty(last.Damage);
    }

    [Fact]
    public void A_header_whose_sync_failed_is_written_again_though_a_later_process_has_synced_it()
    {
        // Found by the simulation: the later process read to the end of the log before it appended, and that sync proved nothing.
        using (CommitLog maker = OpenLog(_memory.OpenProcess(), options: new() { ZeroAhead = 0, SegmentLimit = 128 }))
        {
            maker.Append("in the first segment");
            bool done = false;
            _memory.FaultHook = call =>
            {
                if (done || call.Operation != "sync" || call.Path != LogFormat.SegmentPath(2)) return null;
                done = true;
                return DiskFault.Failed;
            };
            Assert.Throws<DiskException>(() => maker.Append(new string('x', 100)));
            Assert.True(done);
        }

        using (CommitLog later = OpenLog(_memory.OpenProcess(), 2))
        {
            LogMark end = later.CurrentEnd();
            Assert.Equal(2, end.Segment);
            later.EnsureSynced(end);
            later.Append("told to be stored");
        }

        _memory.PowerCut(_ => 0);
        using CommitLog after = OpenLog(_memory.OpenProcess(), 3);
        Assert.Equal(["in the first segment", "told to be stored"], after.Texts());
        Assert.Empty(after.Damage);
    }

    [Fact]
    public void A_failed_sync_of_others_groups_is_not_believed_the_second_time_but_written_again()
    {
        MemoryProcess killed = _memory.OpenProcess();
        CommitLog writer = OpenLog(killed);
        writer.Append("good");
        using CommitLog reader = OpenLog(_memory.OpenProcess(), 2);
        reader.EnsureSynced(reader.CurrentEnd());
        writer.AcquireAppend(TimeSpan.Zero).Append(Group("written, not synced"));
        killed.Kill();
        LogMark end = reader.CurrentEnd();
        FailNext("sync", DiskFault.Failed);
        Assert.Throws<DiskException>(() => reader.EnsureSynced(end));
        using (_memory.OpenProcess().TryLock("log/append.lock")) Assert.Throws<DiskException>(() => reader.EnsureSynced(end));
        Assert.True(reader.SyncedMark < end);
        reader.EnsureSynced(end);
        Assert.Equal(end, reader.SyncedMark);
        using (AppendSession session = reader.AcquireAppend(TimeSpan.Zero))
        {
            Assert.True(session.NewLogsNeeded);
            session.Append(Group("next"));
            session.Sync();
        }

        Assert.True(reader.SyncedMark > end);
        _memory.PowerCut(_ => 0);
        Assert.Equal(["good", "written, not synced", "next"], OpenLog(_memory.OpenProcess()).Texts());
    }

    [Fact]
    public void A_full_disk_that_is_met_while_reserving_room_costs_no_segment_and_no_log()
    {
        using CommitLog log = OpenLog(_memory.OpenProcess());
        log.Append("good");
        FailNext("preallocate", DiskFault.Full);
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero))
        {
            Assert.Equal(DiskFailure.Full, Assert.Throws<DiskException>(() => session.Append(Group(new string('x', 5_000)))).Failure);
        }

        _memory.FaultHook = null;
        using (AppendSession session = log.AcquireAppend(TimeSpan.Zero)) Assert.False(session.NewLogsNeeded);
        Assert.Equal(1, log.Append("next").Segment);
        Assert.Equal(["good", "next"], log.Texts());
    }
}
