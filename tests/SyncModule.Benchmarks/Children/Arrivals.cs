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
    private volatile bool _stop;
    private long _changedAt = Stopwatch.GetTimestamp();

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

    private void OnChanged()
    {
        Volatile.Write(ref _changedAt, Stopwatch.GetTimestamp());
        _changed.Set();
    }

    private void Run()
    {
        while (_changed.WaitOne() && !_stop)
        {
            long at = Volatile.Read(ref _changedAt);
            if (!_vault.IsFull()) continue;
            string held = OpenNode.Text(_vault);
            lock (_seen)
            {
                _seen.TryAdd(held, at);
                Monitor.PulseAll(_seen);
            }
        }
    }
}
