namespace SyncModule.Engine.Nodes;

/// <summary>How a session ended.</summary>
public enum SessionResult
{
    /// <summary>Nothing was to be moved and both ends hold everything.</summary>
    UpToDate,

    /// <summary>Everything that was to move did.</summary>
    Synced,

    /// <summary>Complete as far as this peer goes, but something is missing or was refused.</summary>
    Partial,

    /// <summary>The epoch changed: connect again with the current one.</summary>
    Rehandshake,

    /// <summary>See <see cref="SessionOutcome.Error"/>.</summary>
    Failed,

    /// <summary>Ended from here.</summary>
    Cancelled,
}

/// <summary>
/// What one session did. Bytes are those of frames, before sealing; <paramref name="WireBytes"/> is both directions as the transport carried them.
/// <paramref name="RoundTrips"/> counts connecting, the handshake, and every time something was heard after something was said.
/// </summary>
public sealed record SessionOutcome(
    SessionResult Result,
    long CommitsSent,
    long CommitsReceived,
    long ObjectsSent,
    long ObjectsReceived,
    long BytesSent,
    long BytesReceived,
    long WireBytes,
    int RoundTrips,
    bool Resumed,
    SyncErrorKind? Error,
    string Detail)
{
    /// <summary>The error as an exception; null when there was none.</summary>
    public SyncException? ToException() => Error?.With(Detail);
}
