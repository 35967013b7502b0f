namespace SyncModule.Engine.Vaults;

/// <summary>
/// Group commit (format-1 §12): callers on many threads queue their jobs, one writer thread takes all that wait, writes them as one
/// group with one sync, completes them, and then brings the index level. There is no delay: a lone caller is written at once.
/// </summary>
public sealed class CommitQueue : IDisposable
{
    private const int MaxJobsPerGroup = 4096;

    private readonly Vault _vault;
    private readonly object _gate = new();
    private readonly List<(CommitJob Job, TaskCompletionSource<CommitResult> Done)> _waiting = [];
    private readonly Thread _writer;
    private bool _closing;

    public CommitQueue(Vault vault)
    {
        _vault = vault;
        _writer = new Thread(Run) { IsBackground = true, Name = "vault writer" };
        _writer.Start();
    }

    /// <summary>Completes when the job is durable; fails with the disk's error when it is not.</summary>
    public Task<CommitResult> CommitAsync(CommitJob job)
    {
        var done = new TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            _waiting.Add((job, done));
            if (_waiting.Count == 1) Monitor.Pulse(_gate);
        }

        return done.Task;
    }

    /// <summary>Writes what still waits, then ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        _writer.Join();
    }

    private void Run()
    {
        while (Take() is { } batch)
        {
            Write(batch);
            try
            {
                if (IsIdle()) _vault.UpdateIndex();
            }
            catch (SyncException)
            {
                // The jobs are durable; whoever reads next meets the index's trouble and is told.
            }
        }
    }

    private List<(CommitJob Job, TaskCompletionSource<CommitResult> Done)>? Take()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closing) return null;
                Monitor.Wait(_gate);
            }

            int count = Math.Min(_waiting.Count, MaxJobsPerGroup);
            var batch = _waiting.GetRange(0, count);
            _waiting.RemoveRange(0, count);
            return batch;
        }
    }

    // A job that cannot be built must not take the others down: the group is tried whole, then one by one.
    private void Write(List<(CommitJob Job, TaskCompletionSource<CommitResult> Done)> batch)
    {
        try
        {
            var results = _vault.Commit([.. batch.Select(b => b.Job)]);
            for (int i = 0; i < batch.Count; i++) batch[i].Done.SetResult(results[i]);
        }
        catch (SyncException) when (batch.Count > 1)
        {
            foreach (var one in batch) Write([one]);
        }
        catch (Exception e)
        {
            foreach (var (_, done) in batch) done.TrySetException(e);
        }
    }

    private bool IsIdle()
    {
        lock (_gate) return _waiting.Count == 0;
    }
}
