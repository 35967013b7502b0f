using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Syncing;

/// <summary>Follows peers, and lets others connect, until it is cancelled, and remembers how each of them is.</summary>
internal sealed class FollowRun(SyncNode node, SyncReporter reporter, IReadOnlyList<string> peers, PeerAddress? listen)
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
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new List<Task>();
        if (peers.Count > 0) running.Add(node.FollowAsync(peers, Tell, both.Token));
        if (listen is not null) running.Add(node.ServeAsync(listen, address => reporter.Listening(address.ToString()), e => Tell(Accepted(e)), both.Token));
        try
        {
            // One that fails ends the other.
            await (await Task.WhenAny(running).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to end.
        }
        finally
        {
            await both.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>An accepted session by its device's name: its address is a port of the moment.</summary>
    public static NodeEvent Accepted(NodeEvent e) => e with { Peer = e.Device ?? e.Peer };

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
