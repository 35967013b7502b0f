namespace SyncModule.Simulation.Network;

/// <summary>How one connection behaves.</summary>
/// <param name="Latency">Most milliseconds that a chunk takes.</param>
/// <param name="CutAfter">Bytes, both ways together, after which it is cut.</param>
/// <param name="SilentCut">A cut that nobody is told of: both ends time out.</param>
/// <param name="Early">The initiator's HELLO goes with the handshake.</param>
internal sealed record LinkOptions(int Latency = 20, long CutAfter = long.MaxValue, bool SilentCut = false, bool Early = true)
{
    public bool PushA { get; init; } = true;

    public bool PullA { get; init; } = true;

    public bool Follow { get; init; }
}
