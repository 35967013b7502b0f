using SyncModule.Core.Protocol;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// The check and store threads of one session: the first hashes what comes while the second writes what came before. Objects are synced
/// and listed in lots (<see cref="StoreLots"/>): while they keep coming, by size; at once when a commit follows, when the session waits for
/// it, or when little came.
/// </summary>
internal sealed class SessionStorer(ISessionStore store, SecureChannel channel, Action<Func<long, SessionEvent>> completed)
{
    /// <summary>How long a stream may pause before what came of it is synced. Its end is known otherwise; this is for a peer that stops in the middle.</summary>
    private const int PauseMilliseconds = 50;

    private readonly WorkQueue<(SessionEffect Job, Action? Release)> _arrived = new();
    private readonly WorkQueue<Job> _checked = new();

    // A defect of the store: the session ends, the process and the other sessions go on.
    private readonly StoreLots _lots = new(store, completed, e => channel.Abort(SyncErrors.InternalError.With($"Storing what arrived failed: {e.GetType().Name}", e)));

    private readonly record struct Job(SessionEffect Effect, CheckedObjects? Objects, Action? Release);

    internal void Add(SessionEffect job, Action? release) => _arrived.Add((job, release));

    /// <summary>What is queued is still stored: what arrived is kept, however the session ended.</summary>
    internal void Complete() => _arrived.Complete();

    /// <summary>The check thread.</summary>
    internal void RunChecks()
    {
        while (_arrived.TryTake(out var arrived)) _checked.Add(new(arrived.Job, arrived.Job is StoreObjects objects ? _lots.Check(objects) : null, arrived.Release));
        _checked.Complete();
    }

    /// <summary>The store thread.</summary>
    internal void Run()
    {
        while (Next() is { } job) _lots.Take(job.Effect, job.Objects, job.Release);
        _lots.Flush();
    }

    private Job? Next()
    {
        if (_lots.IsOpen)
        {
            if (_checked.TryTake(out var soon, _lots.IsStream ? PauseMilliseconds : 0)) return soon;
            _lots.Flush();
        }

        return _checked.TryTake(out var job) ? job : null;
    }
}
