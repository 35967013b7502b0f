namespace SyncModule.Engine.Storage;

/// <summary>
/// What a sync that returns well does not prove. After a failed one the kernel may count lost pages as clean, and it reports the loss
/// only to those who had the file open then: to a second sync, and to a process that came later, everything looks stored. The groups,
/// which were checked when they were read, are written again over themselves, which makes their pages dirty again. That is only done
/// under the append lock, so that nothing comes back which its writer is cutting off (docs/decisions/023).
/// </summary>
public sealed partial class CommitLog
{
    private readonly HashSet<int> _suspect = []; // segments whose sync failed under others' groups: rewritten before they are trusted
    private int _ownHeader; // the last segment whose header this process has written, or written again, and synced

    /// <summary>
    /// True when groups of the mark's segment were there before this process had it open, and no index covers them: their writer may be
    /// dead because the disk refused its sync. Usually there are none, or the last one. Caller holds the gate.
    /// </summary>
    private bool IsInherited(LogMark mark)
    {
        if ((_active is not null && _activeSegment == mark.Segment) || _disk.IsReadOnly) return false;
        return mark.Offset > DurableIn(mark.Segment);
    }

    // Reading waits for no lock. Where another process holds it, that one has written these groups again itself before it added its own.
    private void TryRewriteInherited()
    {
        using IDisposable? held = _disk.TryLock(LockPath);
        if (held is null) return;
        FindTail();
        RewriteInherited();
    }

    /// <summary>Caller holds the append lock and the gate, and has found the tail.</summary>
    private void RewriteInherited()
    {
        if (_tail is not { } tail) return;
        long from = DurableIn(tail.Segment);
        IDiskFile file = Active(tail.Segment); // it stays open: what is lost from now on is reported to its sync
        try
        {
            file.Rewrite(from, tail.Offset);
        }
        catch (DiskException)
        {
            CloseActive();
            throw;
        }
    }

    // Marks of the index, and of this process's own syncs. A segment's header is covered by the sync that made it, or else by SettleEnd.
    private long DurableIn(int segment)
    {
        LogMark known = _noted > _synced ? _noted : _synced;
        return known.Segment == segment ? known.Offset : LogFormat.SegmentHeaderLength;
    }

    private void Heal()
    {
        using IDisposable? held = _disk.TryLock(LockPath);
        if (held is null) throw new DiskException(DiskFailure.Failed, "fdatasync", LogFormat.SegmentPath(_suspect.Min()), "an earlier sync of this segment failed, and another process is appending");
        FindTail();
        foreach (int segment in _suspect.ToArray()) Rewrite(segment);
    }

    private void Rewrite(int segment)
    {
        using IDiskFile file = _disk.Open(LogFormat.SegmentPath(segment), DiskOpen.ReadWrite);
        file.Rewrite(0, segment == _tail?.Segment ? _tail.Offset : file.Length);
        file.Sync();
        _ownHeader = Math.Max(_ownHeader, segment);
        _suspect.Remove(segment);
    }
}
