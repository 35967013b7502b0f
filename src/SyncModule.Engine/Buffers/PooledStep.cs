using System.Runtime.ExceptionServices;

namespace SyncModule.Engine.Buffers;

/// <summary>
/// One step that a thread of the pool takes while whoever needs it does something else. Where no thread has begun it by then, it is taken
/// by who needs it: nobody ever waits for a pool that is busy.
/// </summary>
internal sealed class PooledStep<T> : IThreadPoolWorkItem
{
    private readonly Func<T> _make;
    private readonly object _gate = new();
    private int _begun;
    private bool _ended;
    private T? _result;
    private ExceptionDispatchInfo? _failure;

    /// <param name="make">Runs once, on another thread or within <see cref="Finish"/>.</param>
    public PooledStep(Func<T> make)
    {
        _make = make;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>What the step made. Throws what it threw.</summary>
    public T Finish()
    {
        ((IThreadPoolWorkItem)this).Execute();
        lock (_gate)
        {
            while (!_ended) Monitor.Wait(_gate);
        }

        _failure?.Throw();
        return _result!;
    }

    // Once, by whoever comes first.
    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0) return;
        try
        {
            _result = _make();
        }
        catch (Exception e)
        {
            // The thread is the pool's; who needs the step throws it.
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }
}
