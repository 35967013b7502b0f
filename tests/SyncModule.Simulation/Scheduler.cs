namespace SyncModule.Simulation;

/// <summary>
/// Everything that happens, in one queue ordered by (virtual time, order of asking). One thread runs it, so a run is a function of its
/// seed; the trace's hash shows that it was.
/// </summary>
internal sealed class Scheduler(bool print)
{
    private readonly PriorityQueue<Action, (long Time, long Order)> _events = new();
    private long _order;

    /// <summary>Virtual milliseconds since the run began.</summary>
    public long Now { get; private set; }

    /// <summary>Events that have been run.</summary>
    public long Steps { get; private set; }

    /// <summary>FNV-1a over all trace lines.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    public void After(long milliseconds, Action action) => _events.Enqueue(action, (Now + milliseconds, _order++));

    /// <summary>Runs the next event; false when there is none, or none until <paramref name="until"/>.</summary>
    public bool RunNext(long until = long.MaxValue)
    {
        if (!_events.TryPeek(out var action, out var at) || at.Time > until) return false;
        _events.Dequeue();
        Now = Math.Max(Now, at.Time);
        Steps++;
        action();
        return true;
    }

    /// <summary>Forgets what was to come: the network's and the faults' part of a run is over.</summary>
    public void Clear() => _events.Clear();

    public void Trace(string line)
    {
        if (print) Console.WriteLine(FormattableString.Invariant($"{Now,9} {line}"));
        ulong hash = TraceHash;
        foreach (char c in line) hash = (hash ^ c) * 1099511628211;
        TraceHash = (hash ^ (ulong)Now) * 1099511628211;
    }
}
