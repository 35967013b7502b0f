using System.Runtime.ExceptionServices;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Group commit (format-1 §12): whoever writes while nobody else does writes on its own thread at once, so a lone caller pays for no other
/// thread and a simulation never meets one. Callers that come meanwhile queue; the writer thread takes all that wait, in their order, and
/// writes them as one group with one sync, again and again until nobody waits. There is no delay. Safe for many threads.
/// </summary>
/// <param name="write">
/// Writes jobs together, all or none. One caller at a time. May be called again with fewer jobs after it threw: then nothing of them was
/// stored.
/// </param>
internal sealed class CommitQueue(Func<IReadOnlyList<PreparedJob>, IReadOnlyList<CommitResult>> write) : IDisposable
{
    /// <summary>Changes and bytes after which a group takes no more callers: one write and one sync are long paid for by then.</summary>
    private const int MostIntents = 4096;
    private const long MostObjectBytes = 8 << 20;

    private readonly object _gate = new();
    private readonly Queue<CommitRequest> _waiting = new();
    private Thread? _thread;
    private bool _writing, _threadsTurn, _closing;

    /// <summary>Callers that wait for their turn.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>Returns when the jobs are durable. Throws why they are not: then none of them is.</summary>
    public IReadOnlyList<CommitResult> Commit(IReadOnlyList<PreparedJob> jobs)
    {
        CommitRequest? request = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(Vault));
            if (_writing) _waiting.Enqueue(request = new(jobs, null));
            else _writing = true;
        }

        if (request is not null) return request.Wait();
        try
        {
            return write(jobs);
        }
        catch (JobRefusedException e)
        {
            e.Reason.Throw();
            throw;
        }
        finally
        {
            PassOn();
        }
    }

    /// <summary>The same without waiting: the writer thread completes the task.</summary>
    public Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<PreparedJob> jobs)
    {
        var done = new TaskCompletionSource<IReadOnlyList<CommitResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(Vault));
            _waiting.Enqueue(new(jobs, done));
            if (!_writing) WakeThread();
        }

        return done.Task;
    }

    /// <summary>Takes no more, waits until what was taken is written, and ends the thread.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _closing = true;
            while (_writing) Monitor.Wait(_gate);
            thread = _thread;
            Monitor.PulseAll(_gate);
        }

        thread?.Join();
    }

    // A caller that wrote for itself owes nothing to those behind it: the thread goes on with them.
    private void PassOn()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0) WakeThread();
            else EndWriting();
        }
    }

    private void WakeThread()
    {
        (_writing, _threadsTurn) = (true, true);
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "vault writer" };
            _thread.Start();
        }

        Monitor.PulseAll(_gate);
    }

    private void EndWriting()
    {
        (_writing, _threadsTurn) = (false, false);
        if (_closing) Monitor.PulseAll(_gate);
    }

    private void Run()
    {
        var group = new List<CommitRequest>();
        while (Take(group)) Write(group);
    }

    // False: closed, and nothing is left.
    private bool Take(List<CommitRequest> group)
    {
        group.Clear();
        lock (_gate)
        {
            if (_threadsTurn && _waiting.Count == 0) EndWriting();
            while (!_threadsTurn)
            {
                if (_closing && !_writing) return false;
                Monitor.Wait(_gate);
            }

            int intents = 0;
            long bytes = 0;
            while (_waiting.TryPeek(out var next) && (group.Count == 0 || (intents + next.Intents <= MostIntents && bytes + next.ObjectBytes <= MostObjectBytes)))
            {
                group.Add(_waiting.Dequeue());
                intents += next.Intents;
                bytes += next.ObjectBytes;
            }

            return true;
        }
    }

    // What one caller asked for and cannot be done must not take the others down: that one gets its error, the rest are written without it.
    private void Write(List<CommitRequest> group)
    {
        while (group.Count > 0)
        {
            var jobs = group.Count == 1 ? group[0].Jobs : [.. group.SelectMany(r => r.Jobs)];
            try
            {
                var results = write(jobs);
                int first = 0;
                foreach (var request in group)
                {
                    request.Complete(group.Count == 1 ? results : request.Jobs.Count == 1 ? [results[first]] : [.. results.Skip(first).Take(request.Jobs.Count)]);
                    first += request.Jobs.Count;
                }

                return;
            }
            catch (JobRefusedException e) when (group.Count > 1)
            {
                int refused = Owner(group, e.Job);
                group[refused].Fail(e.Reason);
                group.RemoveAt(refused);
            }
            catch (Exception e)
            {
                // The disk, or the lock: it is everybody's.
                foreach (var request in group) request.Fail(ExceptionDispatchInfo.Capture((e as JobRefusedException)?.Reason.SourceException ?? e));
                return;
            }
        }
    }

    private static int Owner(List<CommitRequest> group, int job)
    {
        int owner = 0;
        while (job >= group[owner].Jobs.Count) job -= group[owner++].Jobs.Count;
        return owner;
    }
}

/// <summary>What one caller wants written, and how it is told.</summary>
internal sealed class CommitRequest(IReadOnlyList<PreparedJob> jobs, TaskCompletionSource<IReadOnlyList<CommitResult>>? task)
{
    private readonly object _ended = new();
    private IReadOnlyList<CommitResult>? _results;
    private ExceptionDispatchInfo? _error;

    public IReadOnlyList<PreparedJob> Jobs { get; } = jobs;

    public int Intents { get; } = jobs.Sum(j => j.Job.Intents.Count);

    public long ObjectBytes { get; } = jobs.Sum(j => j.Job.SmallObjects.Sum(o => (long)o.Length));

    public void Complete(IReadOnlyList<CommitResult> results)
    {
        if (task is not null) task.SetResult(results);
        else End(results, null);
    }

    public void Fail(ExceptionDispatchInfo error)
    {
        if (task is not null) task.SetException(error.SourceException);
        else End(null, error);
    }

    /// <summary>For a caller without a task.</summary>
    public IReadOnlyList<CommitResult> Wait()
    {
        lock (_ended)
        {
            while (_results is null && _error is null) Monitor.Wait(_ended);
        }

        _error?.Throw();
        return _results!;
    }

    private void End(IReadOnlyList<CommitResult>? results, ExceptionDispatchInfo? error)
    {
        lock (_ended)
        {
            (_results, _error) = (results, error);
            Monitor.Pulse(_ended);
        }
    }
}

/// <summary>One of several jobs cannot be built, through no fault of the others. Nothing was written.</summary>
internal sealed class JobRefusedException(int job, Exception reason) : Exception(reason.Message, reason)
{
    /// <summary>Its place among the jobs that were to be written together.</summary>
    public int Job { get; } = job;

    public ExceptionDispatchInfo Reason { get; } = ExceptionDispatchInfo.Capture(reason);
}
