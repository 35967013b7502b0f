using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>The writing half: the lock, the tail, syncs and what follows a failure.</summary>
public sealed partial class CommitLog
{
    private IDiskFile? _active; // opened when this process first used the segment, so that its sync reports every lost write-back since
    private int _activeSegment;
    private int _closed; // highest segment that this process must not append to any more
    private int _foldersSyncedTo; // segments up to here have durable names
    private LogMark _synced;
    private bool _readOnly;
    private bool _newLogsNeeded;

    /// <summary>
    /// Everything below is on the disk, by syncs of this process. Only such groups may be sent, acknowledged or shown as stored
    /// (format-1 §12).
    /// </summary>
    public LogMark SyncedMark
    {
        get
        {
            lock (_gate) return _synced;
        }
    }

    /// <summary>True after a failed write that could not be cut off again: this object appends no more.</summary>
    public bool IsReadOnly
    {
        get
        {
            lock (_gate) return _readOnly;
        }
    }

    /// <summary>
    /// Raises <see cref="SyncedMark"/> to at least <paramref name="mark"/>, the end of a group that was read. Throws
    /// <see cref="DiskException"/> when a sync fails; the mark then stays, and the next call under a free append lock writes anew
    /// what may have been lost.
    /// </summary>
    public void EnsureSynced(LogMark mark)
    {
        lock (_gate)
        {
            if (mark <= _synced) return;
            FindTail();
            if (mark > LastEnd() || !Fits(mark)) throw new LogMarkException($"The mark at {mark.Offset} of segment {mark.Segment} is not in this log.");
            if (IsInherited(mark)) TryRewriteInherited();
            if (_suspect.Count > 0) Heal();
            SyncThrough(mark);
            _synced = mark;
        }
    }

    /// <summary>
    /// Waits for the append lock and brings the log into the state in which it may be appended to: a torn tail is cut, damage is
    /// left behind in its segment, everything that is there is synced. Throws VaultBusy, VaultReadOnly or a <see cref="DiskException"/>.
    /// </summary>
    public AppendSession AcquireAppend(TimeSpan timeout)
    {
        if (IsReadOnly) throw SyncErrors.VaultReadOnly.With("The log could not be cut after a failed write; nothing is appended any more by this process");
        IDisposable held = LockFolder(Plants.AppendUnlocked ? LockPath + GetHashCode() : LockPath, timeout);
        try
        {
            lock (_gate)
            {
                int last = FindTail();
                if (_tail is null) CreateSegment(last);
                else SettleEnd();
                SyncAll();
                while (_tail!.Segment <= _closed)
                {
                    CreateSegment(_tail.Segment);
                    MarkSynced();
                }
            }

            return new AppendSession(this, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    internal LogMark End
    {
        get
        {
            lock (_gate) return _tail!.Mark;
        }
    }

    internal bool NewLogsNeeded
    {
        get
        {
            lock (_gate) return _newLogsNeeded;
        }
    }

    /// <summary>Writes one group at the end, and lets the disk begin with it. The caller holds the append lock. Returns the group's offset.</summary>
    internal LogMark Append(LogGroupBuilder builder)
    {
        lock (_gate)
        {
            int size = builder.Group.Length;
            if (_tail!.Segment <= _closed) throw new InvalidOperationException("This session has failed; acquire a new one.");
            if (_tail.Offset > LogFormat.SegmentHeaderLength && _tail.Offset + size > _options.SegmentLimit)
            {
                SyncOwn();
                Active(_tail.Segment).SetLength(_tail.Offset);
                CreateSegment(_tail.Segment);
                MarkSynced();
            }

            LogMark start = _tail.Mark;
            LogGroupHeader header = LogFormat.WriteGroupHeader(builder.Group, start.SegmentId, _tail.LastNumber + 1);
            IDiskFile file = Active(start.Segment);

            // A full disk is nearly always met here, where nothing has been written and nothing needs to be undone.
            Reserve(file, start.Offset, size);
            try
            {
                file.Write(start.Offset, builder.Group);
                file.BeginSync(start.Offset, size);
            }
            catch (DiskException)
            {
                CutOwn();
                throw;
            }

            _tail = new SegmentScanner(_files, new(start.Segment, start.SegmentId, start.Offset + size, header), _room);
            return start;
        }
    }

    /// <summary>Syncs what the session has appended. The caller holds the append lock.</summary>
    internal void SyncOwn()
    {
        lock (_gate)
        {
            try
            {
                // Another thread's sync of this segment may have failed meanwhile; a second one would prove nothing.
                if (_suspect.Contains(_tail!.Segment)) throw new DiskException(DiskFailure.Failed, "fdatasync", LogFormat.SegmentPath(_tail.Segment), "an earlier sync of this segment failed");
                if (_tail.Mark != _synced) Active(_tail.Segment).Sync();
            }
            catch (DiskException)
            {
                CutOwn();
                throw;
            }

            MarkSynced();
            _newLogsNeeded &= _tail.LastNumber == 0; // met once something was appended
        }
    }

    /// <summary>Takes back what the session has appended since its last sync. The caller holds the append lock.</summary>
    internal void CutUnsynced()
    {
        lock (_gate)
        {
            if (_tail!.Mark != _synced) CutOwn();
        }
    }

    // The folder is made where there is none: a log's first append.
    private IDisposable LockFolder(string path, TimeSpan timeout)
    {
        try
        {
            return _disk.Lock(path, timeout);
        }
        catch (DiskException e) when (e.Failure is DiskFailure.NotFound)
        {
            _disk.CreateFolder(Folder);
            return _disk.Lock(path, timeout);
        }
    }

    private void MarkSynced() => _synced = _tail!.Mark;

    /// <summary>Judges what stands behind the last valid group. Only under the append lock: nobody is writing.</summary>
    private void SettleEnd()
    {
        if (_tail!.LastNumber == 0 && _tail.TornLength > 0)
        {
            // The header may have been read while its first group was being written: read it again before anything is cut.
            int segment = _tail.Segment;
            _ids.Remove(segment);
            _tail = null;
            if (FindTail() != segment || _tail is null) throw SyncErrors.LogDamaged.With($"Segment {segment} of the log changed while it was locked");
        }

        SegmentScanner tail = _tail;
        string path = LogFormat.SegmentPath(tail.Segment);

        // The sync of its header may have failed for a maker that is dead now; that this process has synced the file since proves nothing.
        if (tail.LastNumber == 0 && _ownHeader != tail.Segment) _suspect.Add(tail.Segment);
        LogMark known = _noted > _synced ? _noted : _synced;
        if (!Plants.DamageCutOff && known.Segment == tail.Segment && known.SegmentId == tail.Mark.SegmentId && known.Offset > tail.Offset)
        {
            _damage.Add(new(tail.Segment, tail.Offset, Math.Max(_files.Length(path), known.Offset) - tail.Offset));
        }
        else if (tail.TornLength > 0 && tail.LastNumber == 0 && !SegmentHeader.CanBeTorn(_files, tail.Segment, tail.Mark.SegmentId))
        {
            _damage.Add(new(tail.Segment, tail.Offset, _files.Length(path) - tail.Offset));
        }
        else if (tail.TornLength > 0)
        {
            using IDiskFile file = _disk.Open(path, DiskOpen.ReadWrite);
            file.SetLength(tail.Offset);
            file.Sync();
        }

        if (tail.Segment <= _closed || !_damage.Any(d => d.Segment == tail.Segment)) return;

        // The damage stays where it is for repair; what comes next must not stand behind bytes that cannot be trusted.
        _closed = tail.Segment;
        _newLogsNeeded = true;
    }

    /// <summary>Syncs all that is there, others' groups included. Only under the append lock.</summary>
    private void SyncAll()
    {
        foreach (int segment in _suspect.ToArray()) Rewrite(segment);
        if (IsInherited(_tail!.Mark)) RewriteInherited();
        SyncThrough(_tail.Mark);
        MarkSynced();
    }

    private void SyncThrough(LogMark mark)
    {
        if (mark.Segment > _foldersSyncedTo)
        {
            // Who made the segment may have died between making it and syncing its name.
            if (_foldersSyncedTo == 0) _disk.SyncFolder("");
            _disk.SyncFolder(Folder);
            _foldersSyncedTo = mark.Segment;
        }

        if (mark == _synced) return;
        foreach (int segment in mark.Segment == _synced.Segment ? [mark.Segment] : Segments().Where(s => s >= _synced.Segment && s <= mark.Segment))
        {
            try
            {
                if (segment == mark.Segment) Active(segment).Sync();
                else SyncOnce(segment);
            }
            catch (DiskException)
            {
                CloseActive();
                if (!Plants.FailedSyncTrusted) _suspect.Add(segment);
                _closed = Math.Max(_closed, segment);
                _newLogsNeeded = true;
                throw;
            }
        }
    }

    private void SyncOnce(int segment)
    {
        using IDiskFile file = OpenForSync(segment);
        file.Sync();
    }

    /// <summary>
    /// After a failed write or sync of this process's own groups: nobody was told of them, so they are cut off again, by a fresh
    /// handle and a checked sync, and the segment is left. If even that fails nothing may be appended any more.
    /// </summary>
    private void CutOwn()
    {
        CloseActive();
        _closed = Math.Max(_closed, _tail!.Segment);
        _newLogsNeeded = true;
        try
        {
            using IDiskFile file = _disk.Open(LogFormat.SegmentPath(_synced.Segment), DiskOpen.ReadWrite);
            file.SetLength(_synced.Offset);
            file.Sync();
        }
        catch (DiskException)
        {
            _readOnly = true;
        }

        _tail = new SegmentScanner(_files, _synced, _room);
    }

    /// <summary>Makes the segment after <paramref name="last"/>, or completes it where its maker died before the header was whole.</summary>
    private void CreateSegment(int last)
    {
        int segment = last + 1;
        if (last > 0 && IdOf(last) is null)
        {
            // Only an unfinished header is reused; a longer file with a bad header holds groups that repair may still read.
            long length = _disk.TryGetLength(LogFormat.SegmentPath(last)) ?? 0;
            if (length <= LogFormat.SegmentHeaderLength) segment = last;
            else
            {
                _damage.Add(new(last, 0, length));
                _newLogsNeeded = true;
            }
        }

        Span<byte> random = stackalloc byte[Id16.Size];
        _random(random);
        var id = new Id16(random);
        Span<byte> header = stackalloc byte[LogFormat.SegmentHeaderLength];
        LogFormat.WriteSegmentHeader(header, id);
        CloseActive();
        using (IDiskFile file = _disk.Open(LogFormat.SegmentPath(segment), DiskOpen.OpenOrCreate))
        {
            file.SetLength(0);
            file.Write(0, header);
            try
            {
                file.Sync();
            }
            catch (DiskException)
            {
                _closed = Math.Max(_closed, segment); // others may know this header by now; another random needs another number
                throw;
            }
        }

        if (_foldersSyncedTo == 0) _disk.SyncFolder("");
        if (!Plants.FolderNotSynced) _disk.SyncFolder(Folder);
        _foldersSyncedTo = segment;
        _ownHeader = segment;
        _ids[segment] = id;
        _tail = new SegmentScanner(_files, LogMark.FirstOf(segment, id), _room);
    }

    private IDiskFile Active(int segment)
    {
        if (_active is not null && _activeSegment == segment) return _active;
        CloseActive();
        _active = OpenForSync(segment);
        _activeSegment = segment;
        return _active;
    }

    // On a read-only file system a sync needs no writable handle.
    private IDiskFile OpenForSync(int segment) =>
        _disk.Open(LogFormat.SegmentPath(segment), _disk.IsReadOnly ? DiskOpen.Read : DiskOpen.ReadWrite);

    private void CloseActive()
    {
        _active?.Dispose();
        _active = null;
        _reserved = 0;
    }
}
