using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Nodes;

/// <summary>Carries store effects out against an <see cref="ISessionStore"/>; the results are the events that answer them.</summary>
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

    /// <summary>Checks, writes and syncs, all on the spot.</summary>
    internal static Func<long, SessionEvent> Objects(ISessionStore store, StoreObjects job)
    {
        try
        {
            var result = store.StoreObjects(store.CheckObjects([job.Records])[0]);
            store.FlushObjects();
            return Stored(result);
        }
        catch (SyncException e)
        {
            return Stored(new([], [], e.Kind, e.Detail));
        }
    }

    internal static Func<long, SessionEvent> Stored(ObjectsResult r, int answered = 1) => now => new ObjectsStored(now, r.Stored, r.Rejected, r.Error, r.Detail, answered);
}
