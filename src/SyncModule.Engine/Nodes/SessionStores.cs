using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Nodes;

/// <summary>Carries store effects out against an <see cref="ISessionStore"/>; the results are the events that answer them, in order.</summary>
internal static class SessionStores
{
    internal static Func<long, SessionEvent> Commits(ISessionStore store, StoreCommits job)
    {
        try
        {
            var r = store.StoreCommits(job.Lane, job.Bundles);
            return now => new CommitsStored(now, r.Stored, r.Duplicates, r.Rejected, r.Error, r.Detail);
        }
        catch (SyncException e)
        {
            return now => new CommitsStored(now, 0, 0, 0, e.Kind, e.Detail);
        }
    }

    /// <summary>Writes all of them, syncs once, and only then answers each.</summary>
    internal static List<Func<long, SessionEvent>> Objects(ISessionStore store, IReadOnlyList<StoreObjects> jobs)
    {
        var results = new List<ObjectsResult>(jobs.Count);
        try
        {
            foreach (var job in jobs) results.Add(store.StoreObjects(job.Records));
            store.FlushObjects();
        }
        catch (SyncException e)
        {
            // What was written before may not be durable: none of the batch is acknowledged.
            results.Clear();
            results.AddRange(jobs.Select(_ => new ObjectsResult([], [], e.Kind, e.Detail)));
        }

        return [.. results.Select(r => new Func<long, SessionEvent>(now => new ObjectsStored(now, r.Stored, r.Rejected, r.Error, r.Detail)))];
    }
}
