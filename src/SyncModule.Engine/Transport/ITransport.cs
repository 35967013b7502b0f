namespace SyncModule.Engine.Transport;

/// <summary>A way to carry bytes between two devices. Bytes are a plain ordered stream: secrecy and identity are the channel's work (format-1 §13).</summary>
public interface ITransport
{
    /// <summary>Stable short name shown to people and in status: <c>tcp</c>, <c>memory</c>.</summary>
    string Name { get; }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="SyncException">AddressInvalid (port 0) or PeerUnreachable.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    ValueTask<ITransportConnection> ConnectAsync(PeerAddress address, CancellationToken cancellationToken = default);

    /// <summary>Listens at once; port 0 takes any free port (see <see cref="ITransportListener.LocalAddress"/>).</summary>
    /// <exception cref="SyncException">AddressUnavailable.</exception>
    ITransportListener Listen(PeerAddress address);
}

/// <summary>Accepts connections until it is disposed.</summary>
public interface ITransportListener : IDisposable
{
    /// <summary>Where it listens, with the real port.</summary>
    PeerAddress LocalAddress { get; }

    /// <summary>The next connection. One caller at a time. Trouble of a single connection is never reported here.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the listener was disposed.</exception>
    ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default);
}

/// <summary>
/// A duplex byte stream. One thread reads and one writes at the same time; <see cref="Abort"/> may be called by any thread at any time and is the way to
/// cancel the blocking calls. Blocking calls are the fast path for a single peer; the first asynchronous call may make the later blocking ones slower.
/// </summary>
/// <remarks>Every failure is a <see cref="SyncException"/>: SessionLost (cut, reset, aborted here) or SessionTimeout (keep-alive went unanswered).</remarks>
public interface ITransportConnection : IDisposable
{
    /// <summary>The other end as this machine sees it: never taken from anything that the peer says.</summary>
    PeerAddress RemoteAddress { get; }

    /// <summary>Bytes received so far; any thread may look.</summary>
    long BytesRead { get; }

    /// <summary>Bytes handed to the transport so far; any thread may look.</summary>
    long BytesWritten { get; }

    /// <summary>Waits for at least one byte; 0 = the peer has ended its direction. The buffer must not be empty.</summary>
    int Read(Span<byte> buffer);

    /// <inheritdoc cref="Read"/>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Returns when all bytes were taken by the transport (not: by the peer).</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <inheritdoc cref="Write"/>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default);

    /// <summary>True when a few KiB would be taken now, without waiting for the peer. False also where that is not known.</summary>
    bool TakesLittle => false;

    /// <summary>Ends this direction after what was written; reading goes on. Calling it again does nothing.</summary>
    void CloseWrite();

    /// <summary>
    /// The graceful end: ends this direction, then discards what still comes until the peer ends its own. Tearing a connection down with unread bytes
    /// resets it and may destroy bytes that the peer has not taken yet, so every session that ended well ends here. No other thread may read meanwhile.
    /// </summary>
    /// <returns>False when the peer did not end within <paramref name="limit"/> or the connection failed; dispose it either way.</returns>
    bool Finish(TimeSpan limit);

    /// <summary>Tears the connection down now; calls in flight fail with SessionLost. Never throws.</summary>
    void Abort();
}
