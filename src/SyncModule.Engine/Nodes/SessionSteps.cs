using System.Runtime.ExceptionServices;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// The steps of one session: one at a time, in the order in which they came. They are taken by the session's own thread. Only the receive
/// thread may take its step where it stands, while nobody is at work: a live change would else wait for another thread to wake up, which
/// takes longer than the step. Safe for many threads.
/// </summary>
/// <param name="now">The session's clock, in milliseconds.</param>
/// <param name="ended">No step is to be taken any more; asked between two steps.</param>
internal sealed class SessionSteps(Func<long> now, Func<bool> ended)
{
    private readonly object _gate = new();
    private readonly Queue<Action<long>> _waiting = new();
    private bool _running;
    private volatile bool _onTheSpot;
    private ExceptionDispatchInfo? _defect;

    /// <summary>A step is being taken by <see cref="TryRun"/>: its thread does nothing else meanwhile.</summary>
    public bool OnTheSpot => _onTheSpot;

    /// <summary>Adds a step at the end; it gets the time at which it is taken.</summary>
    public void Add(Action<long> step)
    {
        lock (_gate)
        {
            _waiting.Enqueue(step);
            if (!_running) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes a step at once; false, and nothing is done, when another one is being taken or waits.</summary>
    /// <param name="step">What it throws is thrown by <see cref="Run"/>.</param>
    /// <param name="may">Asked while no step runs.</param>
    public bool TryRun(Action<long> step, Func<bool> may)
    {
        lock (_gate)
        {
            if (_running || _waiting.Count > 0 || _defect is not null || ended() || !may()) return false;
            _running = _onTheSpot = true;
        }

        ExceptionDispatchInfo? defect = null;
        try
        {
            step(now());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            defect = ExceptionDispatchInfo.Capture(e);
        }

        lock (_gate)
        {
            (_running, _onTheSpot, _defect) = (false, false, defect);
            if (_waiting.Count > 0 || _defect is not null || ended()) Monitor.Pulse(_gate);
        }

        return true;
    }

    /// <summary>The session's thread: returns after the last step, wherever it was taken.</summary>
    public void Run()
    {
        while (Next() is { } step)
        {
            try
            {
                step(now());
            }
            finally
            {
                lock (_gate) _running = false;
            }
        }
    }

    /// <summary>The next step that waits, taken out; for who clears up behind the last one.</summary>
    public bool TryTake(out Action<long>? step)
    {
        lock (_gate) return _waiting.TryDequeue(out step);
    }

    private Action<long>? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_running)
                {
                    _defect?.Throw();
                    if (ended()) return null;
                    if (_waiting.TryDequeue(out var step))
                    {
                        _running = true;
                        return step;
                    }
                }

                Monitor.Wait(_gate);
            }
        }
    }
}
