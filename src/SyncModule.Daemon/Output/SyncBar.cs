using SyncModule.Engine.Nodes;

namespace SyncModule.Daemon.Output;

/// <summary>Numbers of several sessions at once, as one bar.</summary>
internal sealed class SyncBar(TransferBar? bar) : IProgress<SyncProgress>, IDisposable
{
    private readonly Dictionary<string, SyncProgress> _peers = new(StringComparer.Ordinal);

    public static SyncBar Start(string what) => new(TransferBar.Start(what));

    public void Report(SyncProgress value)
    {
        if (bar is null) return;
        lock (_peers)
        {
            _peers[value.Peer] = value;
            long received = _peers.Values.Sum(p => p.ObjectsReceived), wanted = _peers.Values.Sum(p => p.ObjectsWanted);
            // What is still to be received is known; what the other end will ask for is not.
            bar.Report(received, wanted == 0 ? 0 : received + wanted, _peers.Values.Sum(p => p.BytesSent + p.BytesReceived));
        }
    }

    public void Dispose() => bar?.Dispose();
}
