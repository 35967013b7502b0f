namespace SyncModule;

/// <summary>How a round ended.</summary>
public enum SyncOutcome
{
    /// <summary>Nothing had to move.</summary>
    UpToDate,

    /// <summary>Everything moved that had to.</summary>
    Synced,

    /// <summary>Some peers were not reached, or something is still missing.</summary>
    Partial,

    /// <summary>Done; versions wait for a person.</summary>
    Conflicts,

    /// <summary>No peer was reached.</summary>
    Offline,

    /// <summary>It ended with an error.</summary>
    Failed,
}

/// <summary>The last record of a sync. Bytes are bytes on the network, Seconds go from the open vault to everything durable.</summary>
public sealed class SyncSummary : SyncEvent
{
    public required SyncOutcome Outcome { get; init; }

    /// <summary>As mirord's: 0 done · 1 error · 2 conflicts wait for a person · 3 no peer reached.</summary>
    public int ExitCode { get; init; }

    /// <summary>Merge records of this round.</summary>
    public int Merges { get; init; }

    public int Conflicts { get; init; }

    /// <summary>Commits sent.</summary>
    public long Sent { get; init; }

    /// <summary>Commits received.</summary>
    public long Received { get; init; }

    public long ObjectsSent { get; init; }

    public long ObjectsReceived { get; init; }

    public long BytesSent { get; init; }

    public long BytesReceived { get; init; }

    public int RoundTrips { get; init; }

    /// <summary>A round that was cut before went on where it had ended.</summary>
    public bool Resumed { get; init; }

    public double Seconds { get; init; }

    /// <summary>For Get-SyncMerge -Session: which merge records belong to this round.</summary>
    public string? Session { get; init; }

    public IReadOnlyList<SyncPeerResult> Peers { get; init => field = Listed.AsArray(value); } = [];

    public override string ToString() => Outcome.ToString();
}

/// <summary>One peer's part of a round.</summary>
public sealed class SyncPeerResult
{
    public required string Peer { get; init; }

    public required SyncOutcome Outcome { get; init; }

    /// <summary>Null when it ended well.</summary>
    public string? ErrorId { get; init; }

    public string? Message { get; init; }

    public override string ToString() => $"{Peer}: {Outcome}";
}
