using SyncModule.Commands.Merging;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Syncing;

/// <summary>
/// Turns what a node says into the records of Start-VaultSync, and counts them for the summary. Called from the node's threads; the
/// sink decides where a record goes (a pipeline, a job).
/// </summary>
internal sealed class SyncReporter(OpenVault open, Action<SyncEvent> sink)
{
    private readonly MergeWatch _merges = new(open.Vault);
    private readonly DerivedWatch _derived = new(open.Vault);
    private volatile string? _lastPeer;
    private int _count;
    private long _received;

    public string Session { get; } = SyncSessions.New();

    public int Merges => _count;

    /// <summary>Gives the records that the last changes brought: merges, then derived collections that are stale.</summary>
    public void TakeNews(string? peer)
    {
        foreach (var record in _merges.Take())
        {
            Interlocked.Increment(ref _count);
            SyncSessions.Add(Session, record.Id.ToString());
            sink(MergeObjects.Of(open.Vault, open.Name, record, peer));
        }

        foreach (var state in _derived.Take())
        {
            string why = state.Made is null ? "not made yet" : "the vault has changed since it was made";
            sink(new SyncStale { Kind = SyncEventKind.Stale, Vault = open.Name, Peer = peer, At = DateTimeOffset.Now, Collection = state.Collection, Made = state.Made?.ToLocalTime(), Message = $"{state.Collection}: {why}" });
        }
    }

    /// <summary>The same for changes that have become durable behind an event; nothing where no peer has brought any.</summary>
    public void TakeLate()
    {
        if (_lastPeer is { } peer) TakeNews(peer);
    }

    /// <summary>Others can connect at this address.</summary>
    public void Listening(string address) => sink(new() { Kind = SyncEventKind.Listening, Vault = open.Name, At = DateTimeOffset.Now, Message = address });

    /// <summary>One event of a followed peer.</summary>
    public void Tell(NodeEvent e)
    {
        NativeMemory.ReturnSoon();
        string? peer = e.Device ?? e.Peer;
        switch (e.Kind)
        {
            case "Connected":
                sink(New(SyncEventKind.Connected, e, peer, e.Detail));
                break;
            case "Received":
                _lastPeer = peer;
                Interlocked.Add(ref _received, e.Count);
                sink(New(SyncEventKind.Received, e, peer, e.Detail));
                TakeNews(peer);
                break;
            case "UpToDate" or "Synced":
                TakeNews(peer);
                sink(New(SyncEventKind.UpToDate, e, peer, "both hold the same"));
                break;
            case "Closed" or "Unreachable" or "Fault":
                sink(New(SyncEventKind.Disconnected, e, peer, e.Error is { } error && error.Kind != SyncErrors.Interrupted ? $"{error.ErrorId}: {error.Detail}" : e.Detail));
                break;
            default:
                sink(New(SyncEventKind.Received, e, peer, e.Kind));
                break;
        }
    }

    public SyncSummary Summary(RoundSummary round) => new()
    {
        Kind = SyncEventKind.Summary,
        Vault = open.Name,
        At = DateTimeOffset.Now,
        Outcome = round.Outcome,
        ExitCode = round.ExitCode,
        Merges = Merges,
        Conflicts = round.Conflicts,
        Sent = round.CommitsSent,
        Received = round.CommitsReceived,
        ObjectsSent = round.ObjectsSent,
        ObjectsReceived = round.ObjectsReceived,
        BytesSent = round.BytesSent,
        BytesReceived = round.BytesReceived,
        RoundTrips = round.RoundTrips,
        Resumed = round.Resumed,
        Seconds = Math.Round(round.Seconds, 3),
        Session = Session,
        Peers = [.. round.Peers.Select(p => new SyncPeerResult { Peer = p.Peer, Outcome = p.Outcome, ErrorId = p.Error?.ErrorId, Message = p.Error?.Detail })],
    };

    /// <summary>The summary of a follow that was asked to end.</summary>
    public SyncSummary Summary(TimeSpan time, IReadOnlyList<string> peers, IReadOnlySet<string> connected) => new()
    {
        // Who only listens is not offline when nobody comes.
        Kind = SyncEventKind.Summary,
        Vault = open.Name,
        At = DateTimeOffset.Now,
        Outcome = connected.Count == 0 ? (peers.Count == 0 ? SyncOutcome.UpToDate : SyncOutcome.Offline) : peers.All(connected.Contains) ? SyncOutcome.Synced : SyncOutcome.Partial,
        ExitCode = connected.Count == 0 && peers.Count > 0 ? 3 : 0,
        Merges = Merges,
        Received = Interlocked.Read(ref _received),
        Seconds = Math.Round(time.TotalSeconds, 3),
        Session = Session,
        Peers = [.. peers.Union(connected, StringComparer.Ordinal).Select(p => new SyncPeerResult { Peer = p, Outcome = connected.Contains(p) ? SyncOutcome.Synced : SyncOutcome.Offline })],
    };

    private SyncEvent New(SyncEventKind kind, NodeEvent e, string? peer, string message) => new() { Kind = kind, Vault = open.Name, Peer = peer, At = e.At.ToLocalTime(), Message = message, Count = e.Count };
}
