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

    /// <summary>Bodies are hashed together up to this size, which fills the lanes of the processor well (see <see cref="Cryptography.LanePlan"/>).</summary>
    private const int TogetherBytes = 4 << 20;

    /// <summary>A frame of this size is one of a stream: the next one is worth a moment.</summary>
    private const int StreamFrame = 512 << 10;

    /// <summary>The moment. On a line so slow that it passes in vain the processor has time to spare.</summary>
    private const int NextMilliseconds = 4;

    private readonly WorkQueue<(SessionEffect Job, Action? Release)> _arrived = new();
    private readonly WorkQueue<Job> _checked = new();

    // A defect of the store: the session ends, the process and the other sessions go on.
    private readonly StoreLots _lots = new(store, completed, e => channel.Abort(SyncErrors.InternalError.With($"Storing what arrived failed: {e.GetType().Name}", e)));

    private int _checking; // jobs that are not in the second queue yet

    private readonly record struct Job(SessionEffect Effect, CheckedObjects? Objects, Action? Release);

    internal void Add(SessionEffect job, Action? release)
    {
        // Commits need no check here. Where none is under way they go to the store at once; behind objects they keep their place.
        if (job is StoreCommits && Volatile.Read(ref _checking) == 0)
        {
            _checked.Add(new(job, null, release));
            return;
        }

        Interlocked.Increment(ref _checking);
        _arrived.Add((job, release));
    }

    /// <summary>What is queued is still stored: what arrived is kept, however the session ended.</summary>
    internal void Complete() => _arrived.Complete();

    /// <summary>The check thread.</summary>
    internal void RunChecks()
    {
        var jobs = new List<(SessionEffect Job, Action? Release)>();
        var bodies = new List<ReadOnlyMemory<byte>>();
        while (_arrived.TryTake(out var arrived))
        {
            Gather(arrived, jobs, bodies);
            var objects = bodies.Count > 0 ? _lots.Check(bodies) : null;
            int next = 0;
            foreach (var (job, release) in jobs)
            {
                _checked.Add(new(job, job is StoreObjects ? objects?[next++] : null, release));
                Interlocked.Decrement(ref _checking);
            }
        }

        _checked.Complete();
    }

    /// <summary>The store thread.</summary>
    internal void Run()
    {
        while (Next() is { } job) _lots.Take(job.Effect, job.Objects, job.Release);
        _lots.Flush();
    }

    // One job, or as much of a stream as is here or about to come, up to the first job that is something else.
    private void Gather((SessionEffect Job, Action? Release) first, List<(SessionEffect Job, Action? Release)> jobs, List<ReadOnlyMemory<byte>> bodies)
    {
        jobs.Clear();
        bodies.Clear();
        var one = first;
        long bytes = 0;
        while (true)
        {
            jobs.Add(one);
            if (one.Job is not StoreObjects objects) return;
            bodies.Add(objects.Records);
            bytes += objects.Records.Length;
            if (objects.Last || objects.Records.Length < StreamFrame || bytes >= TogetherBytes || !_arrived.TryTake(out one, NextMilliseconds)) return;
        }
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
