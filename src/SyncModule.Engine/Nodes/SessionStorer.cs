using System.Collections.Concurrent;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// The check and store threads of one session: the first hashes what comes while the second writes what came before. Objects are synced
/// and listed in lots: while they keep coming, every <see cref="LotBytes"/>; at once when a commit follows or when little came.
/// </summary>
internal sealed class SessionStorer(ISessionStore store, SecureChannel channel, Action<Func<long, SessionEvent>> completed)
{
    /// <summary>A sync costs nothing measurable at this distance; a power cut takes this much work at the most.</summary>
    private const long LotBytes = 64 << 20;

    /// <summary>Less than this is no stream: nobody waits for more of it.</summary>
    private const long StreamBytes = 256 << 10;

    /// <summary>How long a stream may pause before what came of it is synced.</summary>
    private const int PauseMilliseconds = 5;

    private readonly BlockingCollection<(SessionEffect Job, Action? Release)> _arrived = [];
    private readonly BlockingCollection<Job> _checked = [];
    private readonly List<ObjectsResult> _unflushed = [];
    private long _unflushedBytes;
    private SyncException? _failure;

    private readonly record struct Job(SessionEffect Effect, CheckedObjects? Objects, Action? Release);

    internal void Add(SessionEffect job, Action? release) => _arrived.Add((job, release));

    /// <summary>What is queued is still stored: what arrived is kept, however the session ended.</summary>
    internal void Complete() => _arrived.CompleteAdding();

    /// <summary>The check thread.</summary>
    internal void RunChecks()
    {
        foreach (var (effect, release) in _arrived.GetConsumingEnumerable())
        {
            CheckedObjects? objects = null;
            if (effect is StoreObjects job) Guard(() => objects = store.CheckObjects(job.Records));
            _checked.Add(new(effect, objects, release));
        }

        _checked.CompleteAdding();
        _arrived.Dispose();
    }

    /// <summary>The store thread.</summary>
    internal void Run()
    {
        while (Next() is { } job)
        {
            if (job.Effect is StoreCommits commits)
            {
                Flush();
                Guard(() => completed(SessionStores.Commits(store, commits)));
            }
            else
            {
                Store(job);
                if (_unflushedBytes >= LotBytes) Flush();
            }
        }

        Flush();
        _checked.Dispose();
    }

    private Job? Next()
    {
        if (_unflushed.Count > 0)
        {
            if (_checked.TryTake(out var soon, _unflushedBytes < StreamBytes ? 0 : PauseMilliseconds)) return soon;
            Flush();
        }

        return _checked.TryTake(out var job, Timeout.Infinite) ? job : null;
    }

    private void Store(Job job)
    {
        ObjectsResult? result = null;
        if (job.Objects is { } objects) Guard(() => result = Write(objects));
        job.Release?.Invoke();
        _unflushedBytes += job.Objects?.Records.Length ?? 0;
        _unflushed.Add(result ?? new([], [], (_failure?.Kind ?? SyncErrors.InternalError), _failure?.Detail ?? ""));
        completed(now => new ObjectsTaken(now));
    }

    private ObjectsResult Write(CheckedObjects objects)
    {
        try
        {
            return store.StoreObjects(objects);
        }
        catch (SyncException e)
        {
            // What was written before may not be durable: none of the lot is acknowledged.
            Fail(e);
            return new([], [], e.Kind, e.Detail);
        }
    }

    // One sync for all that was written since the last one; only then is any of it answered.
    private void Flush()
    {
        if (_unflushed.Count == 0) return;
        Guard(() =>
        {
            try
            {
                store.FlushObjects();
            }
            catch (SyncException e)
            {
                Fail(e);
            }
        });
        foreach (var result in _unflushed) completed(SessionStores.Stored(result));
        _unflushed.Clear();
        _unflushedBytes = 0;
    }

    private void Fail(SyncException e)
    {
        for (int i = 0; i < _unflushed.Count; i++) _unflushed[i] = new([], [], e.Kind, e.Detail);
    }

    // A defect of the store: the session ends, the process and the other sessions go on.
    private void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (SyncException e)
        {
            _failure = e;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            channel.Abort(_failure = SyncErrors.InternalError.With($"Storing what arrived failed: {e.GetType().Name}", e));
        }
    }
}
