using System.Diagnostics;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Children;

/// <summary>
/// When a vault came to hold what: looked at each time something became durable here. A state counts when its commits are held and
/// no object that they name is missing.
/// </summary>
internal sealed class Arrivals : IDisposable
{
    private readonly Vault _vault;
    private readonly AutoResetEvent _changed = new(true);
    private readonly Thread _thread;
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly List<long> _times = [];
    private volatile bool _stop, _watching, _resting;
    private ulong _commits;

    public Arrivals(Vault vault)
    {
        _vault = vault;
        vault.Changed += OnChanged;
        _thread = new Thread(Run) { IsBackground = true, Name = "arrivals" };
        _thread.Start();
    }

    /// <summary>When the state was first whole here; waits for it.</summary>
    public long Reached(string held)
    {
        long until = Environment.TickCount64 + 300_000;
        lock (_seen)
        {
            long at;
            while (!_seen.TryGetValue(held, out at))
            {
                if (Environment.TickCount64 > until) throw new InvalidOperationException("What was sent did not arrive.");
                Monitor.Wait(_seen, 1000);
            }

            return at;
        }
    }

    public void Dispose()
    {
        _vault.Changed -= OnChanged;
        _stop = true;
        _changed.Set();
        _thread.Join();
        _changed.Dispose();
    }

    /// <summary>
    /// Runs something that changes this vault itself. Nothing arrives that anybody asks for, and a look after each change would make the
    /// index keep up with it, which no user of the vault does.
    /// </summary>
    public void Resting(Action body)
    {
        _resting = true;
        try
        {
            body();
        }
        finally
        {
            _resting = false;
            _changed.Set();
        }
    }

    /// <summary>From now on, notes for each commit that arrives when it was durable here.</summary>
    public void Watch()
    {
        lock (_times)
        {
            _times.Clear();
            _commits = Commits();
            _watching = true;
        }
    }

    /// <summary>Waits for so many commits and ends the watch; one time for each, in the order they came.</summary>
    public IReadOnlyList<long> Watched(int count)
    {
        lock (_times)
        {
            while (_times.Count < count)
            {
                if (!Monitor.Wait(_times, 60_000)) throw new InvalidOperationException($"{_times.Count} of {count} commits arrived.");
            }

            _watching = false;
            return [.. _times];
        }
    }

    // Told on the storing thread, after the sync and before anything else is stored: what the vault holds now was durable by now.
    private void OnChanged()
    {
        long now = Stopwatch.GetTimestamp();
        if (_watching)
        {
            lock (_times)
            {
                for (ulong held = Commits(); _commits < held; _commits++) _times.Add(now);
                Monitor.PulseAll(_times);
            }
        }

        _changed.Set();
    }

    private ulong Commits() => _vault.HeldVector(Core.Model.Lane.Data).Logs.Aggregate(0UL, (sum, log) => sum + log.Value[^1].Sequence);

    private void Run()
    {
        while (_changed.WaitOne() && !_stop)
        {
            if (_watching || _resting || !_vault.IsFull()) continue;
            string held = OpenNode.Text(_vault);
            long at = Stopwatch.GetTimestamp(); // after the look: never too early
            lock (_seen)
            {
                _seen.TryAdd(held, at);
                Monitor.PulseAll(_seen);
            }
        }
    }
}
