using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Syncing;

/// <summary>Follows peers until it is cancelled, and remembers how each of them is.</summary>
internal sealed class FollowRun(SyncNode node, SyncReporter reporter, IReadOnlyList<string> peers)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SyncException> _errors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _connected = new(StringComparer.Ordinal);

    /// <summary>A line on all peers, for example "laptop in sync, nas unreachable". Called from the node's threads.</summary>
    public event Action<string>? StateChanged;

    /// <summary>Peers that were reached at least once.</summary>
    public IReadOnlySet<string> EverConnected
    {
        get
        {
            lock (_gate) return new HashSet<string>(_connected, StringComparer.Ordinal);
        }
    }

    /// <summary>Why peers that were never reached were not.</summary>
    public IReadOnlyList<(string Peer, SyncException Error)> LastErrors
    {
        get
        {
            lock (_gate) return [.. _errors.Where(e => !_connected.Contains(e.Key)).Select(e => (e.Key, e.Value))];
        }
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await node.FollowAsync(peers, Tell, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private void Tell(NodeEvent e)
    {
        string line;
        lock (_gate)
        {
            if (e.Peer is { } peer)
            {
                _states[peer] = e.Kind switch { "Connected" => "connected", "Received" => "receiving", "UpToDate" or "Synced" => "in sync", "Unreachable" => "unreachable", "Closed" or "Fault" => "offline", _ => e.Kind };
                if (e.Kind == "Connected") _connected.Add(peer);
                if (e.Error is { } error && error.Kind != SyncErrors.Interrupted) _errors[peer] = error;
            }

            line = string.Join(", ", _states.Select(s => $"{s.Key} {s.Value}"));
        }

        StateChanged?.Invoke(line);
        reporter.Tell(e);
    }
}
