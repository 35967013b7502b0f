using System.Collections.Concurrent;
using System.Management.Automation;

namespace SyncModule.Commands.Syncing;

/// <summary>
/// Runs work elsewhere and what it has to say on the pipeline's thread, the only one that may write. When the pipeline ends early
/// (Ctrl+C, Select-Object -First, an error behind us) writing throws here: the work is cancelled and waited for before the exception
/// goes on, so nothing runs behind a finished command.
/// </summary>
internal sealed class Pump : IDisposable
{
    // Bounded: a slow pipeline slows the work down instead of filling memory.
    private readonly BlockingCollection<Action> _queue = new(boundedCapacity: 256);
    private readonly CancellationTokenSource _stop;

    public Pump(CancellationToken stop) => _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);

    /// <summary>From any thread: run this on the pipeline's thread, in order. Dropped once the pipeline has ended.</summary>
    public void Post(Action action)
    {
        try
        {
            _queue.Add(action, _stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            // The pipeline has ended; nobody is there to be told.
        }
    }

    /// <summary>Runs <paramref name="work"/> to its end and everything it posts. <paramref name="last"/> runs on this thread in every case, after the work.</summary>
    public void Run(Func<CancellationToken, Task> work, Action? last = null)
    {
        var running = Task.Run(() => work(_stop.Token), CancellationToken.None);
        _ = running.ContinueWith(_ => _queue.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            foreach (var action in _queue.GetConsumingEnumerable()) action();
        }
        finally
        {
            _stop.Cancel();
            Wait(running);
            try
            {
                last?.Invoke();
            }
            catch (PipelineStoppedException)
            {
                // A progress bar cannot be taken away after Ctrl+C; the host does that.
            }
        }

        running.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _queue.Dispose();
        _stop.Dispose();
    }

    // Its failure is thrown once, at the end of Run, unless the pipeline's own exception is on its way.
    private static void Wait(Task running) => running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
}
