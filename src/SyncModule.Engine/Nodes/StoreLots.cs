using SyncModule.Core.Protocol;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// What the check and store threads of a session do, as steps without a thread: objects are written as they come and synced and listed in
/// lots, and only then is any of a lot answered; commits that wait one behind the other are stored together, for one write and one
/// transaction of the index. <see cref="SessionStorer"/> is the shell; <see cref="SessionStepper"/> is another one.
/// <see cref="Check(IReadOnlyList{ReadOnlyMemory{byte}})"/> may run beside the others, which take one caller at a time.
/// </summary>
/// <param name="store">Where things go.</param>
/// <param name="completed">Takes what answers a job, in order.</param>
/// <param name="defect">Takes what the store should never throw, and gives what the session ends with; null: it is thrown on.</param>
internal sealed class StoreLots(ISessionStore store, Action<Func<long, SessionEvent>> completed, Func<Exception, SyncException>? defect)
{
    /// <summary>A sync costs nothing measurable at this distance; a power cut takes this much work at the most.</summary>
    private const long LotBytes = 64 << 20;

    /// <summary>Less than this is no stream: nobody waits for more of it.</summary>
    private const long StreamBytes = 256 << 10;

    private readonly List<ObjectAddress> _stored = [];
    private readonly List<ObjectAddress> _rejected = [];
    private readonly List<StoreCommits> _commits = [];
    private long _commitBytes;
    private int _unanswered;
    private long _unflushedBytes;
    private SyncException? _failure;

    /// <summary>Something was taken and is not answered: <see cref="Flush"/> as soon as nothing more waits.</summary>
    public bool IsOpen => _unanswered > 0 || _commits.Count > 0;

    /// <summary>So much came that more is worth waiting for.</summary>
    public bool IsStream => _unflushedBytes >= StreamBytes;

    /// <summary>Compares objects with their addresses; null where that is impossible, which <see cref="Take"/> answers for.</summary>
    public CheckedObjects? Check(StoreObjects job) => Check([job.Records])?[0];

    /// <summary>The same for several bodies, all or none.</summary>
    public IReadOnlyList<CheckedObjects>? Check(IReadOnlyList<ReadOnlyMemory<byte>> bodies)
    {
        IReadOnlyList<CheckedObjects>? objects = null;
        Guard(() => objects = store.CheckObjects(bodies));
        return objects;
    }

    /// <summary>Takes one job; commits end the lot of objects before them, and objects the commits.</summary>
    public void Take(SessionEffect job, CheckedObjects? objects, Action? release)
    {
        if (job is StoreCommits commits)
        {
            FlushObjects();
            if (_commits.Count > 0 && (_commits[0].Lane != commits.Lane || _commitBytes + commits.Bytes > SessionLimits.StoreBatch)) FlushCommits();
            _commits.Add(commits);
            _commitBytes += commits.Bytes;
            return;
        }

        FlushCommits();
        Write(objects, release);
        if (_unflushedBytes >= LotBytes || job is StoreObjects { Last: true }) FlushObjects();
    }

    /// <summary>Stores and answers all that was taken.</summary>
    public void Flush()
    {
        FlushCommits();
        FlushObjects();
    }

    // Each job is answered, the first one with what became of all of them.
    private void FlushCommits()
    {
        if (_commits.Count == 0) return;
        StoreCommits[] jobs = [.. _commits];
        var all = jobs.Length == 1 ? jobs[0] : new StoreCommits(jobs[0].Lane, [.. jobs.SelectMany(j => j.Bundles)], _commitBytes);
        _commits.Clear();
        _commitBytes = 0;
        Guard(() =>
        {
            var first = SessionStores.Commits(store, all);
            completed(first);
            for (int i = 1; i < jobs.Length; i++) completed(now => ((CommitsStored)first(now)) with { Stored = 0, Duplicates = 0, Rejected = 0 });
        });
    }

    /// <summary>
    /// One sync for all that was written since the last one; only then is any of it answered. After a failure what was written before may
    /// not be durable, and the session ends: none of it is acknowledged.
    /// </summary>
    private void FlushObjects()
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

    private void Write(CheckedObjects? objects, Action? release)
    {
        if (_failure is null && objects is { } good)
        {
            Guard(() =>
            {
                var result = store.StoreObjects(good);
                _stored.AddRange(result.Stored);
                _rejected.AddRange(result.Rejected);
            });
        }

        release?.Invoke();
        _unflushedBytes += objects?.Records.Length ?? 0;
        _unanswered++;
        completed(now => new ObjectsTaken(now));
    }

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
        catch (Exception e) when (e is not OutOfMemoryException && defect is not null)
        {
            _failure = defect(e);
        }
    }
}
