namespace SyncModule.Engine.Nodes;

/// <summary>Bytes that may wait between two threads. The producer waits while they do not fit; one item larger than the limit passes alone.</summary>
internal sealed class ByteBudget(long limit)
{
    private readonly object _gate = new();
    private long _used;
    private bool _closed;

    /// <summary>The most that was in use at once.</summary>
    internal long Peak { get; private set; }

    /// <summary>False when the budget was closed.</summary>
    internal bool Acquire(long bytes)
    {
        lock (_gate)
        {
            while (!_closed && _used > 0 && _used + bytes > limit) Monitor.Wait(_gate);
            if (_closed) return false;
            _used += bytes;
            Peak = Math.Max(Peak, _used);
            return true;
        }
    }

    internal void Release(long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            Monitor.PulseAll(_gate);
        }
    }

    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
