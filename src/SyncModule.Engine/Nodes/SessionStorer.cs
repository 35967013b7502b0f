using SyncModule.Core.Protocol;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// The check and store threads of one session: the first hashes what comes while the second writes what came before. Objects are synced
/// and listed in lots: while they keep coming, every <see cref="LotBytes"/>; at once when a commit follows, when the session waits for it, or
/// when little came.
/// </summary>
internal sealed class SessionStorer(ISessionStore store, SecureChannel channel, Action<Func<long, SessionEvent>> completed)
{
    /// <summary>A sync costs nothing measurable at this distance; a power cut takes this much work at the most.</summary>
    private const long LotBytes = 64 << 20;

    /// <summary>Less than this is no stream: nobody waits for more of it.</summary>
    private const long StreamBytes = 256 << 10;

    /// <summary>How long a stream may pause before what came of it is synced. Its end is known otherwise; this is for a peer that stops in the middle.</summary>
    private const int PauseMilliseconds = 50;

    private readonly WorkQueue<(SessionEffect Job, Action? Release)> _arrived = new();
    private readonly WorkQueue<Job> _checked = new();
    private readonly List<ObjectAddress> _stored = [];
    private readonly List<ObjectAddress> _rejected = [];
    private int _unanswered;
    private long _unflushedBytes;
    private SyncException? _failure;

    private readonly record struct Job(SessionEffect Effect, CheckedObjects? Objects, Action? Release);

    internal void Add(SessionEffect job, Action? release) => _arrived.Add((job, release));

    /// <summary>What is queued is still stored: what arrived is kept, however the session ended.</summary>
    internal void Complete() => _arrived.Complete();

    /// <summary>The check thread.</summary>
    internal void RunChecks()
    {
        while (_arrived.TryTake(out var arrived))
        {
            CheckedObjects? objects = null;
            if (arrived.Job is StoreObjects job) Guard(() => objects = store.CheckObjects(job.Records));
            _checked.Add(new(arrived.Job, objects, arrived.Release));
        }

        _checked.Complete();
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
                if (_unflushedBytes >= LotBytes || job.Effect is StoreObjects { Last: true }) Flush();
            }
        }

        Flush();
    }

    private Job? Next()
    {
        if (_unanswered > 0)
        {
            if (_checked.TryTake(out var soon, _unflushedBytes < StreamBytes ? 0 : PauseMilliseconds)) return soon;
            Flush();
        }

        return _checked.TryTake(out var job) ? job : null;
    }

    private void Store(Job job)
    {
        if (_failure is null && job.Objects is { } objects)
        {
            Guard(() =>
            {
                var result = store.StoreObjects(objects);
                _stored.AddRange(result.Stored);
                _rejected.AddRange(result.Rejected);
            });
        }

        job.Release?.Invoke();
        _unflushedBytes += job.Objects?.Records.Length ?? 0;
        _unanswered++;
        completed(now => new ObjectsTaken(now));
    }

    // One sync for all that was written since the last one; only then is any of it answered. After a failure what was written before may
    // not be durable, and the session ends: none of it is acknowledged.
    private void Flush()
    {
        if (_unanswered == 0) return;
        if (_failure is null) Guard(store.FlushObjects);
        ObjectsResult result = _failure is { } e ? new([], [], e.Kind, e.Detail) : new([.. _stored], [.. _rejected]);
        completed(SessionStores.Stored(result, _unanswered));
        _stored.Clear();
        _rejected.Clear();
        _unanswered = 0;
        _unflushedBytes = 0;
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
