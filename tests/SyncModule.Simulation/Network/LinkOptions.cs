namespace SyncModule.Simulation.Network;

/// <summary>What somebody on the line does to one message.</summary>
internal enum Tampering
{
    None,

    /// <summary>One bit of the message or of its length is another.</summary>
    Flip,

    /// <summary>The message never comes; what is behind it does.</summary>
    Drop,

    /// <summary>The message comes twice.</summary>
    Duplicate,

    /// <summary>The message and the next one change places.</summary>
    Swap,

    /// <summary>An earlier message of this direction comes in between.</summary>
    Replay,

    /// <summary>A message of the other direction comes in between.</summary>
    Reflect,

    /// <summary>From here on comes what once went over another connection to the same machine.</summary>
    OldConnection,
}

/// <summary>How one connection behaves.</summary>
/// <param name="Latency">Most milliseconds that a chunk takes.</param>
/// <param name="CutAfter">Bytes, both ways together, after which it is cut.</param>
/// <param name="SilentCut">A cut that nobody is told of: both ends time out.</param>
/// <param name="SlowSender">What an end puts out waits before it goes out, so that it gathers behind the session.</param>
internal sealed record LinkOptions(int Latency = 20, long CutAfter = long.MaxValue, bool SilentCut = false, bool SlowSender = false)
{
    public bool PushA { get; init; } = true;

    public bool PullA { get; init; } = true;

    public bool Follow { get; init; }

    public Tampering Tampering { get; init; }

    /// <summary>Which message of one direction, from 0 on, handshake included, is tampered with.</summary>
    public int TamperedMessage { get; init; }

    /// <summary>The direction: towards the responder, or towards the initiator.</summary>
    public bool TamperForward { get; init; }
}
