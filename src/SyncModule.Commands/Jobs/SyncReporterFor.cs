using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Jobs;

/// <summary>Follows one peer of a job, or serves those that connect, and gives the records to that child.</summary>
internal sealed class SyncReporterFor(JobReporter merges, Action<SyncEvent> sink)
{
    private readonly SortedDictionary<string, string> _sessions = new(StringComparer.Ordinal);
    private PeerAddress? _listening;
    private volatile bool _received;
    private bool _connected;
    private SyncException? _error;

    /// <summary>How the peer is, in a word or two.</summary>
    public event Action<string>? StateChanged;

    /// <summary>Why the peer was never reached; null when it was.</summary>
    public SyncException? NeverReached => _connected ? null : _error;

    public Task FollowAsync(SyncNode node, string peer, CancellationToken cancellation) => UntilCancelled(node.FollowAsync([peer], Tell, cancellation), cancellation);

    public Task ServeAsync(SyncNode node, PeerAddress listen, CancellationToken cancellation) => UntilCancelled(node.ServeAsync(listen, Listening, e => Tell(Syncing.FollowRun.Accepted(e)), cancellation), cancellation);

    private static async Task UntilCancelled(Task running, CancellationToken cancellation)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    /// <summary>What has become durable behind an event; nothing where this peer has brought no change.</summary>
    public void TakeLate()
    {
        if (_received) merges.With(sink, r => r.TakeLate());
    }

    private void Listening(PeerAddress address)
    {
        _listening = address;
        StateChanged?.Invoke($"listening on {address}");
        merges.With(sink, r => r.Listening(address.ToString()));
    }

    private void Tell(NodeEvent e)
    {
        if (e.Kind == "Connected") _connected = true;
        if (e.Kind == "Received") _received = true;
        if (e.Error is { } error && error.Kind != SyncErrors.Interrupted) _error = error;
        string state = e.Kind switch { "Connected" => "connected", "Received" => "receiving", "UpToDate" or "Synced" => "in sync", "Unreachable" => "unreachable", _ => "offline" };
        StateChanged?.Invoke(_listening is null ? state : StateOfSessions(e.Peer, state));
        merges.With(sink, r => r.Tell(e));
    }

    // Sessions come from threads of their own; one that has ended leaves the rest, or the ear.
    private string StateOfSessions(string? peer, string state)
    {
        lock (_sessions)
        {
            if (peer is not null)
            {
                if (state == "offline") _sessions.Remove(peer);
                else _sessions[peer] = state;
            }

            return _sessions.Count == 0 ? $"listening on {_listening}" : string.Join(", ", _sessions.Select(s => $"{s.Key} {s.Value}"));
        }
    }
}
