using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Jobs;

/// <summary>Follows one peer of a job and gives its records to that peer's child.</summary>
internal sealed class SyncReporterFor(JobReporter merges, Action<SyncEvent> sink)
{
    private bool _connected;
    private SyncException? _error;

    /// <summary>How the peer is, in a word or two.</summary>
    public event Action<string>? StateChanged;

    /// <summary>Why the peer was never reached; null when it was.</summary>
    public SyncException? NeverReached => _connected ? null : _error;

    public async Task RunAsync(SyncNode node, string peer, CancellationToken cancellation)
    {
        try
        {
            await node.FollowAsync([peer], Tell, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private void Tell(NodeEvent e)
    {
        if (e.Kind == "Connected") _connected = true;
        if (e.Error is { } error && error.Kind != SyncErrors.Interrupted) _error = error;
        StateChanged?.Invoke(e.Kind switch { "Connected" => "connected", "Received" => "receiving", "UpToDate" or "Synced" => "in sync", "Unreachable" => "unreachable", _ => "offline" });
        merges.With(sink, r => r.Tell(e));
    }
}
