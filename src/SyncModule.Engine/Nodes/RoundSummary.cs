
namespace SyncModule.Engine.Nodes;

/// <summary>What is asked of one round.</summary>
public sealed record SyncRequest(bool Push = true, bool Pull = true, TimeSpan? Timeout = null, bool Verify = false);

/// <summary>Numbers of a running round, all peers together. Bytes are frame bytes.</summary>
public sealed record SyncProgress(string Peer, long CommitsSent, long CommitsReceived, long ObjectsSent, long ObjectsReceived, long BytesSent, long BytesReceived, long ObjectsWanted);

/// <summary>One peer's part of a round.</summary>
public sealed record PeerResult(string Peer, DeviceId? Device, SyncOutcome Outcome, SyncException? Error, SessionOutcome? Session);

/// <summary>A whole round. Seconds from the call until everything is durable.</summary>
public sealed record RoundSummary(
    SyncOutcome Outcome,
    long CommitsSent,
    long CommitsReceived,
    long ObjectsSent,
    long ObjectsReceived,
    long BytesSent,
    long BytesReceived,
    long WireBytes,
    int RoundTrips,
    bool Resumed,
    double Seconds,
    int Conflicts,
    IReadOnlyList<PeerResult> Peers)
{
    /// <summary>
    /// The exit code of the contract: 0 ok, 1 error, 2 conflicts wait for a person, 3 no peer reached; 1 before 2 before 0. A peer that was
    /// reached while bytes are still missing here or there is no 0 (format-1 §6).
    /// </summary>
    public int ExitCode => Outcome switch
    {
        SyncOutcome.Failed => 1,
        SyncOutcome.Offline => 3,
        _ when Peers.Any(p => p.Outcome is SyncOutcome.Failed or SyncOutcome.Partial) => 1,
        SyncOutcome.Conflicts => 2,
        _ => 0,
    };

    public static RoundSummary Of(IReadOnlyList<PeerResult> peers, double seconds, int conflicts)
    {
        var sessions = peers.Select(p => p.Session).OfType<SessionOutcome>().ToList();
        return new(
            Total(peers, conflicts),
            sessions.Sum(s => s.CommitsSent),
            sessions.Sum(s => s.CommitsReceived),
            sessions.Sum(s => s.ObjectsSent),
            sessions.Sum(s => s.ObjectsReceived),
            sessions.Sum(s => s.BytesSent),
            sessions.Sum(s => s.BytesReceived),
            sessions.Sum(s => s.WireBytes),
            sessions.Count == 0 ? 0 : sessions.Max(s => s.RoundTrips),
            sessions.Any(s => s.Resumed),
            seconds,
            conflicts,
            peers);
    }

    private static SyncOutcome Total(IReadOnlyList<PeerResult> peers, int conflicts)
    {
        if (peers.All(p => p.Outcome == SyncOutcome.Offline)) return SyncOutcome.Offline;
        if (peers.All(p => p.Outcome is SyncOutcome.Failed or SyncOutcome.Offline)) return SyncOutcome.Failed;
        if (peers.Any(p => p.Outcome is SyncOutcome.Partial or SyncOutcome.Offline or SyncOutcome.Failed)) return SyncOutcome.Partial;
        if (conflicts > 0) return SyncOutcome.Conflicts;
        return peers.All(p => p.Outcome == SyncOutcome.UpToDate) ? SyncOutcome.UpToDate : SyncOutcome.Synced;
    }
}

/// <summary>Something that a running node tells: for `follow` and `serve`. <paramref name="Count"/>: commits of a Received.</summary>
public sealed record NodeEvent(string Kind, DateTimeOffset At, string? Peer, string? Device, string Detail, SyncException? Error = null, long Count = 0);

/// <summary>What became of one attempt to reach a peer.</summary>
/// <param name="Address">The address that answered; null when none did.</param>
/// <param name="Device">Who answered; null when the handshake was not finished.</param>
/// <param name="Time">From the call to the end of the handshake, or to the error.</param>
/// <param name="Error">Null when it went well.</param>
public sealed record PeerAnswer(string? Address, DeviceId? Device, TimeSpan Time, SyncException? Error);
