namespace SyncModule.Engine.Storage;

/// <summary>
/// The right to append, while it is not disposed. Order of use (format-1 §12): read the new groups, make the commits, append,
/// sync, only then complete callers. After an exception from <see cref="Append"/> or <see cref="Sync"/> nothing of this session
/// since its last good sync was stored; dispose it and acquire again.
/// </summary>
public sealed class AppendSession : IDisposable
{
    private readonly CommitLog _log;
    private readonly IDisposable _held;
    private bool _failed;
    private bool _closed;

    internal AppendSession(CommitLog log, IDisposable held)
    {
        _log = log;
        _held = held;
        NewLogsNeeded = log.NewLogsNeeded;
        log.Growth.Begin(log.End);
    }

    /// <summary>The end of the log, the groups of this session included.</summary>
    public LogMark End => _log.End;

    /// <summary>
    /// True when a sync failed or damage was met since this process last appended: the device starts new logs in both lanes with
    /// this append, so that a group that comes back from the disk later never contradicts it (format-1 §2).
    /// </summary>
    public bool NewLogsNeeded { get; }

    /// <summary>The groups behind a mark, all of them on the disk: others' commits, and the tip of this device's own logs.</summary>
    public IEnumerable<LogGroup> ReadGroups(LogMark from) => _log.ReadGroups(from);

    /// <summary>
    /// Writes all records as one group; returns the position of each, in their order. They are stored after <see cref="Sync"/> only.
    /// Throws <see cref="DiskException"/>; the group is then cut off again.
    /// </summary>
    public IReadOnlyList<LogPosition> Append(LogGroupBuilder builder)
    {
        if (builder.Count == 0) throw new ArgumentException("A group has at least one record.", nameof(builder));
        LogMark start = Guarded(() => _log.Append(builder));
        var positions = new LogPosition[builder.Count];
        for (int i = 0; i < positions.Length; i++) positions[i] = builder.PositionOf(i, start.Segment, start.Offset);
        return positions;
    }

    /// <summary>Returns when everything appended is on the disk. Throws <see cref="DiskException"/>; then nothing since the last good sync is stored.</summary>
    public LogMark Sync() => Guarded(() =>
    {
        _log.SyncOwn();
        return _log.End;
    });

    /// <summary>
    /// Cuts off what was appended and not synced, because who appended it could not go on: its callers are told that nothing was stored. Like a failed
    /// sync it means new logs, for another process may have seen the groups.
    /// </summary>
    public void Withdraw()
    {
        if (_failed || _closed) return;
        _failed = true;
        _log.CutUnsynced();
    }

    /// <summary>Releases the lock. Groups that were appended but not synced stay valid; the next one to append syncs them.</summary>
    public void Dispose()
    {
        if (_closed) return;
        _closed = true;
        _log.Growth.End(_log.End); // before anybody else can append
        _held.Dispose();
        _log.Growth.RaiseEnded();
    }

    private LogMark Guarded(Func<LogMark> action)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_failed) throw new InvalidOperationException("This session has failed; acquire a new one.");
        try
        {
            return action();
        }
        catch (DiskException)
        {
            _failed = true;
            throw;
        }
    }
}
