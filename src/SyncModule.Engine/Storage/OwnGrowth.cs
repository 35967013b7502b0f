namespace SyncModule.Engine.Storage;

/// <summary>
/// Which part of the log's newest growth is this process's own. A watcher of the files sees every append, and without this it would
/// take the process's own commits for another one's, once more after they were told of. Safe for many threads.
/// </summary>
internal sealed class OwnGrowth
{
    private readonly Lock _gate = new();

    // Everything from one to the other was appended here, without a gap; _to was the end of the log when the lock was last held here.
    private LogMark _from, _to;
    private bool _appending;

    /// <summary>Raised when an append has ended, on its thread: return at once. From the first mark to the second, where the log ended then, all is this process's.</summary>
    public event Action<LogMark, LogMark>? Ended;

    /// <summary>An append of this process is under way: what the log ends with is told by <see cref="Ended"/>.</summary>
    public bool IsAppending
    {
        get
        {
            lock (_gate) return _appending;
        }
    }

    /// <summary>Null while an append is under way: ask again after <see cref="Ended"/>. True when only this process made the log grow from one mark to the other.</summary>
    public bool? Explains(LogMark seen, LogMark now)
    {
        lock (_gate) return _appending ? null : _from <= seen && now == _to;
    }

    /// <summary>The append lock is held and the log ends here.</summary>
    internal void Begin(LogMark end)
    {
        lock (_gate)
        {
            if (_to != end) _from = end; // others appended since, or something was cut
            (_to, _appending) = (end, true);
        }
    }

    /// <summary>The last moment under the append lock. The end may be lower than at the beginning: what could not be synced is cut.</summary>
    internal void End(LogMark end)
    {
        lock (_gate)
        {
            if (end < _from) _from = end;
            (_to, _appending) = (end, false);
        }
    }

    internal void RaiseEnded()
    {
        LogMark from, to;
        lock (_gate) (from, to) = (_from, _to);
        Ended?.Invoke(from, to);
    }
}
