using System.Collections.Concurrent;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Nodes;

/// <summary>The store thread of one session. Objects that wait together are written together and synced once.</summary>
internal sealed class SessionStorer(ISessionStore store, SecureChannel channel, Action<Func<long, SessionEvent>> completed)
{
    private readonly BlockingCollection<(SessionEffect Job, Action? Release)> _jobs = [];

    internal void Add(SessionEffect job, Action? release) => _jobs.Add((job, release));

    /// <summary>What is queued is still stored: what arrived is kept, however the session ended.</summary>
    internal void Complete() => _jobs.CompleteAdding();

    internal void Run()
    {
        var objects = new List<(StoreObjects Job, Action? Release)>();
        foreach (var (job, release) in _jobs.GetConsumingEnumerable())
        {
            try
            {
                StoreCommits? commits = job as StoreCommits;
                if (job is StoreObjects first)
                {
                    objects.Add((first, release));
                    while (commits is null && _jobs.TryTake(out var next))
                    {
                        if (next.Job is StoreObjects more) objects.Add((more, next.Release));
                        else commits = (StoreCommits)next.Job;
                    }

                    var done = SessionStores.Objects(store, [.. objects.Select(o => o.Job)]);
                    foreach (var completion in done) completed(completion);
                }

                if (commits is not null) completed(SessionStores.Commits(store, commits));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A defect of the store: the session ends, the process and the other sessions go on.
                channel.Abort(SyncErrors.InternalError.With($"Storing what arrived failed: {e.GetType().Name}", e));
            }
            finally
            {
                foreach (var (_, done) in objects) done?.Invoke();
                objects.Clear();
            }
        }

        _jobs.Dispose();
    }
}
