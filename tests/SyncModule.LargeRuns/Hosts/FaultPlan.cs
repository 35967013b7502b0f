using SyncModule.Engine.Storage;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>What happens to the chosen call.</summary>
internal enum FaultKind
{
    /// <summary>It fails with an I/O error; the next ones work.</summary>
    ErrorOnce,

    /// <summary>It and every later call fail with an I/O error, as on a disk that died.</summary>
    ErrorSticky,

    /// <summary>There is no room for it, but for later ones.</summary>
    FullOnce,

    /// <summary>There is no room from now on; what needs none works.</summary>
    FullSticky,

    /// <summary>Half of a write gets through, then an I/O error.</summary>
    ShortError,

    /// <summary>Half of a write gets through, then the disk is full.</summary>
    ShortFull,

    /// <summary>A commit of a database is reported as failed and is there nevertheless.</summary>
    LateError,
}

/// <summary>
/// Counts the calls that one process makes to its disk and its databases, from the moment it is armed, and lets the n-th fail. Calls that
/// a kind of fault cannot hit are counted and let through.
/// </summary>
internal sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private FaultKind _kind;
    private long _number = long.MaxValue;
    private long _calls;
    private bool _armed;

    /// <summary>Calls since it was armed.</summary>
    public long Calls
    {
        get
        {
            lock (_gate) return _calls;
        }
    }

    /// <summary>The call that failed first, as "operation path"; null while none has.</summary>
    public string? Hit { get; private set; }

    public void Arm(long number = long.MaxValue, FaultKind kind = default)
    {
        lock (_gate) (_number, _kind, _calls, _armed, Hit) = (number, kind, 0, true, null);
    }

    public void Disarm()
    {
        lock (_gate) _armed = false;
    }

    /// <summary>Notes every call, for a run in which none fails.</summary>
    public List<string>? Trace { get; init; }

    /// <summary>Whether a kind of fault can hit a call of this name (operation, then path).</summary>
    public static bool CanHit(FaultKind kind, string call)
    {
        string operation = call[..call.IndexOf(' ', StringComparison.Ordinal)];
        return kind switch
        {
            FaultKind.FullOnce or FaultKind.FullSticky => operation is "write" or "preallocate" or "mkdir" or "rename" or "beginsync" or "sync" or "syncfolder" or "open" or "truncate" or "change" or "commit" or "reset",
            FaultKind.ShortError or FaultKind.ShortFull => operation == "write",
            FaultKind.LateError => operation == "commit",
            _ => true,
        };
    }

    public DiskFault? OnDisk(DiskCall call) => Choose(call.Operation + " " + call.Path) switch
    {
        null => null,
        FaultKind.FullOnce or FaultKind.FullSticky => DiskFault.Full,
        FaultKind.ShortError => DiskFault.ShortWrite(ShortBytes, DiskFailure.Failed),
        FaultKind.ShortFull => DiskFault.ShortWrite(ShortBytes),
        _ => DiskFault.Failed,
    };

    /// <summary>The fault of a call to a database: begin (to read), change (begin to write), commit, reset.</summary>
    public FaultKind? OnTables(string operation, string name) => Choose(operation + " " + name);

    private const int ShortBytes = 77; // inside the first record of a group or a pack

    private FaultKind? Choose(string call)
    {
        lock (_gate)
        {
            if (!_armed) return null;
            _calls++;
            Trace?.Add(call);
            bool sticky = _kind is FaultKind.ErrorSticky or FaultKind.FullSticky;
            if ((sticky ? _calls < _number : _calls != _number) || !CanHit(_kind, call)) return null;
            Hit ??= call;
            return _kind;
        }
    }
}
