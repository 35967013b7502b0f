using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Groups that this process has written and synced and that the index does not have yet, in file order. They hold no values, only what
/// the index needs of them, so that it need not read, open and decode again what was just written. Bounded by whoever writes: it brings
/// the index level itself when there are too many. Safe for many threads.
/// </summary>
internal sealed class PendingCommits
{
    /// <summary>Operations that may be pending; some hundred bytes each.</summary>
    public const int MostOperations = 128 << 10;

    private readonly object _gate = new();
    private readonly Queue<ArrivingGroup> _groups = new();
    private LogMark _indexed, _end;
    private int _operations;
    private int _awaited; // operations that somebody waits for; 0: any
    private bool _closed;

    /// <summary>The index has everything up to here, as far as this process knows.</summary>
    public LogMark Indexed
    {
        get
        {
            lock (_gate) return _indexed;
        }
    }

    /// <summary>The end of the last pending group; null when nothing is pending.</summary>
    public LogMark? End
    {
        get
        {
            lock (_gate) return _groups.Count == 0 ? null : _end;
        }
    }

    public bool IsFull
    {
        get
        {
            lock (_gate) return _operations >= MostOperations;
        }
    }

    /// <summary>Takes a group that is durable.</summary>
    public void Add(ArrivingGroup group)
    {
        lock (_gate)
        {
            int before = _operations;
            _groups.Enqueue(group);
            _end = group.End;
            _operations += group.Operations;

            // Waking a thread that goes to sleep again costs a small write more than anything else here.
            if (_groups.Count == 1 || (before < _awaited && _operations >= _awaited)) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The groups that follow on <paramref name="mark"/> without a gap.</summary>
    public IReadOnlyList<ArrivingGroup> From(LogMark mark)
    {
        lock (_gate)
        {
            var found = new List<ArrivingGroup>(_groups.Count);
            foreach (var group in _groups)
            {
                if (group.Start != mark) continue;
                found.Add(group);
                mark = group.End;
            }

            return found;
        }
    }

    /// <summary>True when a pending group begins at <paramref name="mark"/>.</summary>
    public bool Has(LogMark mark)
    {
        lock (_gate)
        {
            foreach (var group in _groups)
            {
                if (group.Start == mark) return true;
            }

            return false;
        }
    }

    /// <summary>The index has been brought to <paramref name="mark"/>: what stands before it is no longer pending.</summary>
    public void Trim(LogMark mark)
    {
        lock (_gate)
        {
            _indexed = mark;
            while (_groups.TryPeek(out var group) && group.End <= mark) _operations -= _groups.Dequeue().Operations;
        }
    }

    /// <summary>Forgets all of them: the index will read them from the log.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _groups.Clear();
            _operations = 0;
        }
    }

    /// <summary>Waits until at least <paramref name="operations"/> are pending, or anything for <paramref name="longest"/>. False: closed.</summary>
    public bool WaitForWork(int operations, TimeSpan longest)
    {
        lock (_gate)
        {
            while (_groups.Count == 0 && !_closed) Monitor.Wait(_gate);
            long start = Environment.TickCount64;
            _awaited = operations;
            while (_operations < operations && !_closed)
            {
                var rest = longest - TimeSpan.FromMilliseconds(Environment.TickCount64 - start);
                if (rest <= TimeSpan.Zero || !Monitor.Wait(_gate, rest)) break;
            }

            return !_closed;
        }
    }

    /// <summary>Ends all waiting.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
