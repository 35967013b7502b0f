using SyncModule.Engine.Storage;

namespace SyncModule.Simulation.Machines;

/// <summary>What may go wrong with a machine's disk calls.</summary>
internal enum TroubleKind
{
    None,

    /// <summary>One call fails with an I/O error; a failed sync loses what it should have written.</summary>
    FailOnce,

    /// <summary>All writes and syncs fail for a while.</summary>
    FailForAWhile,

    /// <summary>No room for a while; some writes get a part through.</summary>
    FullForAWhile,

    /// <summary>The calling process dies before a call, or in the middle of a write.</summary>
    Crash,

    /// <summary>Another process of the machine acts between two calls, or sees a write half done.</summary>
    Interleave,
}

/// <summary>Decides for each disk call of a machine whether it happens. Armed for one action, or for a stretch of time.</summary>
internal sealed class DiskTrouble(Scheduler scheduler, SeededRandom random)
{
    private TroubleKind _kind;
    private int _countdown;
    private long _until;
    private Action<int>? _meanwhile;
    private bool _inside;
    private bool _syncFailed;

    /// <summary>The trouble comes with the n-th call that it can hit; within this action, or <paramref name="later"/>: also in what follows from it.</summary>
    public void Arm(TroubleKind kind, Action<int>? meanwhile = null, bool later = false)
    {
        _kind = kind;
        _countdown = random.OneIn(2) ? random.Next(6) : random.Next(40);
        _until = later || kind is TroubleKind.FailForAWhile or TroubleKind.FullForAWhile ? scheduler.Now + random.Next(1, 30_000) : 0;
        _meanwhile = meanwhile;
    }

    /// <summary>The action is over; what lasts, lasts.</summary>
    public void ActionEnded()
    {
        if (scheduler.Now >= _until) _kind = TroubleKind.None;
    }

    public void Disarm()
    {
        _kind = TroubleKind.None;
        _until = 0;
    }

    /// <summary>A caller was told of a disk error: perhaps of a sync that failed earlier, under another process.</summary>
    public void NoteRefusal() => _syncFailed = true;

    /// <summary>
    /// True when a write or sync of the log has failed since the last call. Its process cuts its own groups off again; another one may
    /// have synced and shown them in between. They were never acknowledged to anybody.
    /// </summary>
    public bool TakeFailedSync()
    {
        bool failed = _syncFailed;
        _syncFailed = false;
        return failed;
    }

    public DiskFault? OnCall(DiskCall call)
    {
        if (_kind == TroubleKind.None || _inside) return null;
        var fault = Decide(call);
        _syncFailed |= fault?.Failure is not null && call.Operation is ("sync" or "beginsync" or "write") && call.Path.StartsWith("log/", StringComparison.Ordinal);
        if (fault is not null) scheduler.Trace($"{call.Operation} of {call.Path} by {call.Process}: {(fault.Meanwhile is not null ? "seen half done" : fault.Failure?.ToString() ?? "dies")}");
        return fault;
    }

    private DiskFault? Decide(DiskCall call)
    {
        bool changes = call.Operation is "write" or "beginsync" or "sync" or "truncate" or "rename" or "syncfolder" or "preallocate";
        switch (_kind)
        {
            case TroubleKind.FailOnce:
                if (!changes && !random.OneIn(12)) return null;
                if (_countdown-- > 0) return null;
                _kind = TroubleKind.None;
                return call.Operation == "write" ? DiskFault.ShortWrite(random.Next(700), DiskFailure.Failed) : DiskFault.Failed;
            case TroubleKind.FailForAWhile:
                return changes && scheduler.Now < _until ? DiskFault.Failed : null;
            case TroubleKind.FullForAWhile:
                if (scheduler.Now >= _until || call.Operation is not ("write" or "preallocate")) return null;
                return call.Operation == "write" ? DiskFault.ShortWrite(random.Next(700)) : random.OneIn(3) ? null : DiskFault.Full;
            case TroubleKind.Crash:
                if (!changes && !random.OneIn(8)) return null;
                if (_countdown-- > 0) return null;
                _kind = TroubleKind.None;
                return call.Operation == "write" && random.OneIn(2) ? DiskFault.CrashInWrite(1 + random.Next(1_500)) : DiskFault.Crash;
            default:
                return Interleave(call);
        }
    }

    // Only where no index transaction can be open, as another process would wait there for one that cannot go on.
    private DiskFault? Interleave(DiskCall call)
    {
        if (!call.Path.StartsWith("log/", StringComparison.Ordinal) || call.Operation is not ("write" or "beginsync" or "sync" or "truncate" or "lock")) return null;
        if (_countdown-- > 0) return null;
        _countdown = random.Next(6);
        if (call.Operation == "write" && random.OneIn(2)) return DiskFault.PauseInWrite(1 + random.Next(700), () => RunMeanwhile(call.Process));
        RunMeanwhile(call.Process);
        return null;
    }

    private void RunMeanwhile(int process)
    {
        _inside = true;
        try
        {
            _meanwhile?.Invoke(process);
        }
        finally
        {
            _inside = false;
        }
    }
}
