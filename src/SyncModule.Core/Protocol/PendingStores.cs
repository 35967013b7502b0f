namespace SyncModule.Core.Protocol;

/// <summary>What was handed out for storing and not answered yet, in order, and the credit that is owed for what was.</summary>
internal sealed class PendingStores
{
    private readonly Queue<long> _commits = new();
    private readonly Queue<(long Bytes, List<ObjectAddress> Addresses)> _objects = new();
    private int _taken; // of the oldest object batches, those whose credit was counted when their memory was free
    private long _window = SessionLimits.InitialCredit;
    private long _owed;

    public long Bytes { get; private set; }

    public bool Empty => _commits.Count == 0 && _objects.Count == 0;

    public bool NoCommits => _commits.Count == 0;

    /// <summary>Counts a bulk frame against the window that was granted; false when the peer sent more than that.</summary>
    public bool Charge(long frame) => (_window -= frame) >= 0 || Plants.WindowUnchecked;

    public void AddCommits(long bytes)
    {
        Bytes += bytes;
        _commits.Enqueue(bytes);
    }

    public void AddObjects(long bytes, List<ObjectAddress> addresses)
    {
        Bytes += bytes;
        _objects.Enqueue((bytes, addresses));
    }

    /// <summary>False when nothing was pending: an answer too many.</summary>
    public bool CommitsDone()
    {
        if (!_commits.TryDequeue(out long bytes)) return false;
        Bytes -= bytes;
        _owed += bytes;
        return true;
    }

    /// <summary>The oldest batch that was not taken so far is written, though not durable: its credit is owed from now on.</summary>
    public void ObjectsTaken()
    {
        if (_taken == _objects.Count) return;
        _owed += _objects.ElementAt(_taken).Bytes;
        _taken++;
    }

    /// <summary>The addresses of the oldest pending batch; null when nothing was pending.</summary>
    public List<ObjectAddress>? ObjectsDone()
    {
        if (!_objects.TryDequeue(out var batch)) return null;
        Bytes -= batch.Bytes;
        if (_taken > 0) _taken--;
        else _owed += batch.Bytes;
        return batch.Addresses;
    }

    /// <summary>Credit to hand back now; 0 while it is less than a step.</summary>
    public long TakeCredit()
    {
        if (_owed < SessionLimits.CreditStep) return 0;
        long credit = _owed;
        _owed = 0;
        _window += credit;
        return credit;
    }
}
