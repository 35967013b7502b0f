using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Writes this device's data commits (format-1 §12): under the append lock from what it remembers of the log's end, or from the index
/// where somebody else has written since; one write a group and one sync for all of them; then the index is told, which follows when
/// it likes. One thread at a time (the vault's writer lock). Lock order: writer → append lock → index.
/// </summary>
internal sealed class CommitWriter(VaultContext vault, Indexer indexer, GroupAppender appender, Func<ILogIndex> index, object indexLock)
{
    private static readonly SyncErrorKind[] Shared = [SyncErrors.IndexDamaged, SyncErrors.DiskFailed, SyncErrors.DiskFull, SyncErrors.VaultBusy, SyncErrors.VaultReadOnly];

    /// <summary>Where a group stands in the log.</summary>
    private readonly record struct Place(LogMark Start, LogMark End, IReadOnlyList<LogPosition> Positions);

    private readonly WriteBuffers _buffers = new();
    private WriterTail? _tail;

    /// <summary>What was written last.</summary>
    public RecentCommits Recent { get; } = new(vault.Blocks.ReadBundle);

    /// <summary>All jobs are durable when this returns, or none of them is.</summary>
    public IReadOnlyList<CommitResult> Write(IReadOnlyList<PreparedJob> jobs)
    {
        CommitBuilder? built = null;
        var written = new List<ArrivingGroup>();
        var recent = new List<RecentCommit[]>();
        try
        {
            appender.Append(session =>
            {
                written.Clear();
                recent.Clear();
                using var objects = new BlockObjects(vault);
                built = Build(session, jobs, objects);
                var stored = objects.Complete();
                var places = new List<Place>(built.Groups.Count);
                foreach (var group in built.Groups)
                {
                    var start = session.End;
                    var positions = session.Append(group.Records);
                    places.Add(new(start, session.End, positions));
                }

                MakeMeanwhile(session, built, places, written, recent);

                // Listed with the commits that refer to them: the index may be another one by then.
                if (written.Count > 0) written[0].Objects.AddRange(stored);
            });
        }
        catch
        {
            // What was signed is not durable, or nobody knows: the next one looks at the log itself.
            _tail = null;
            throw;
        }

        for (int i = 0; i < built!.Groups.Count; i++)
        {
            Recent.Add(recent[i]);
            _buffers.Return(built.Groups[i].Records);
        }

        foreach (var group in written) indexer.Pending.Add(group);
        return built.Results;
    }

    // The disk has begun with the groups: what need not wait for it is made now (docs/decisions/131). Nobody sees any of it before the sync.
    private void MakeMeanwhile(AppendSession session, CommitBuilder built, List<Place> places, List<ArrivingGroup> written, List<RecentCommit[]> recent)
    {
        try
        {
            built.FoldLast();
            for (int i = 0; i < places.Count; i++)
            {
                written.Add(built.Groups[i].Placed(places[i].Start, places[i].End, places[i].Positions, _tail!.Stamp));
                recent.Add(RecentCommits.Of(built.Groups[i], written[i]));
            }

            if (places.Count == 0) return;
            // What is said of a collection is read by everybody: it goes through the index before anything else is written.
            if (built.ChangesCollections) _tail = null;
            else _tail!.Advance(built, session.End);
            _tail?.Forget(indexer.Pending.Indexed);
        }
        catch (Exception e) when (e is not SimulatedCrashException)
        {
            session.Withdraw();
            throw;
        }
    }

    // Everything is built before anything is written to the log: what fails here leaves nothing behind, and may be tried again.
    private CommitBuilder Build(AppendSession session, IReadOnlyList<PreparedJob> jobs, BlockObjects objects)
    {
        var tail = TailAt(session.End);
        using var view = new WriterView(vault, index, tail, CatchUp);
        var builder = new CommitBuilder(vault, view, tail, _buffers, objects, Operations(jobs));
        for (int i = 0; i < jobs.Count; i++) Add(builder, jobs, i, tail.Collections.Derived);
        builder.Finish();
        return builder;
    }

    private static int Operations(IReadOnlyList<PreparedJob> jobs)
    {
        int count = 0;
        for (int i = 0; i < jobs.Count; i++) count += jobs[i].Tags.Length;
        return count;
    }

    // Several callers' jobs may be here: the one that cannot be built is told from the others. Trouble with index or log is everybody's.
    private static void Add(CommitBuilder builder, IReadOnlyList<PreparedJob> jobs, int job, IReadOnlySet<string> derived)
    {
        try
        {
            // Whoever writes comes by here. A collection that becomes one in this very group is taken for what it was.
            if (derived.Count > 0 && jobs[job].Job.Intents.FirstOrDefault(n => n.Key.Length > 0 && derived.Contains(n.Collection)) is { } refused) throw Vault.IsDerived(refused.Collection, refused.Key);
            builder.Add(jobs[job]);
        }
        catch (Exception e) when (e is not (LogMarkException or DiskException or OutOfMemoryException) && !(e is SyncException s && Shared.Contains(s.Kind)))
        {
            throw new JobRefusedException(job, e);
        }
    }

    private void CatchUp()
    {
        lock (indexLock) indexer.CatchUp();
    }

    private WriterTail TailAt(LogMark end)
    {
        bool known = _tail is { } tail && tail.End == end && tail.Log == vault.OwnLogs.Data && tail.Stamp == indexer.Foreign;
        return known && !Plants.NumberFromIndex ? _tail! : Refresh(end);
    }

    private WriterTail Refresh(LogMark end)
    {
        lock (indexLock)
        {
            if (!Plants.NumberFromIndex) indexer.CatchUp();
            vault.Membership.CheckMayWrite(vault.Keys.Device.Device);
            var (origins, collections) = indexer.Read(rows => (rows.GivenOrigins(), rows.Collections(indexer.State.Applied, vault)));
            return _tail = new WriterTail(vault, indexer.State, origins, end, indexer.Foreign, collections) { Seen = indexer.Seen };
        }
    }
}
