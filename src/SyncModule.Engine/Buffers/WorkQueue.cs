using System.Diagnostics;

namespace SyncModule.Engine.Buffers;

/// <summary>
/// A first-in-first-out queue between two stages. Whoever waits sleeps at once: the framework's own collection spins first, and on a machine
/// with few processors that takes the time from the very stage that is waited for. Safe for many threads.
/// </summary>
/// <param name="most">Items that may wait; who adds one more waits itself.</param>
internal sealed class WorkQueue<T>(int most = int.MaxValue)
{
    private readonly object _gate = new();
    private readonly Queue<T> _items = new();
    private bool _completed;

    /// <summary>True when the next <see cref="Add"/> would have to wait.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate) return _items.Count >= most;
        }
    }

    /// <summary>Adds one at the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; nothing was added.</exception>
    /// <exception cref="InvalidOperationException">The queue was completed.</exception>
    public void Add(T item, CancellationToken cancellation = default)
    {
        using var wake = cancellation.UnsafeRegister(static queue => ((WorkQueue<T>)queue!).WakeAll(), this);
        lock (_gate)
        {
            while (_items.Count >= most && !_completed)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            cancellation.ThrowIfCancellationRequested();
            if (_completed) throw new InvalidOperationException("The queue takes no more.");
            _items.Enqueue(item);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes the first; false when the queue is completed and empty, or when nothing came in time.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public bool TryTake(out T item, int milliseconds = Timeout.Infinite, CancellationToken cancellation = default)
    {
        using var wake = cancellation.UnsafeRegister(static queue => ((WorkQueue<T>)queue!).WakeAll(), this);
        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        lock (_gate)
        {
            while (_items.Count == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                int left = milliseconds > 0 ? milliseconds - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds : milliseconds;
                if (_completed || milliseconds == 0 || (milliseconds > 0 && left <= 0))
                {
                    item = default!;
                    return false;
                }

                Monitor.Wait(_gate, left);
            }

            item = _items.Dequeue();
            if (_items.Count == most - 1) Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Nothing more comes; what is in it can still be taken.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void WakeAll()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}
