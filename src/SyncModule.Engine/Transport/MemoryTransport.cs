using System.Threading.Channels;

namespace SyncModule.Engine.Transport;

/// <summary>How the links of a <see cref="MemoryTransport"/> behave.</summary>
public sealed record MemoryLink
{
    /// <summary>Bytes that one direction holds before the writer waits.</summary>
    public int BufferBytes { get; init; } = 64 * 1024;

    /// <summary>Faults from the connecting side to the listener.</summary>
    public MemoryFaults ToListener { get; init; } = new();

    /// <summary>Faults from the listener to the connecting side.</summary>
    public MemoryFaults FromListener { get; init; } = new();
}

/// <summary>Connections inside this process, for tests and for the simulation. Every instance is a network of its own.</summary>
public sealed class MemoryTransport : ITransport
{
    private const int Backlog = 512;
    private const int FirstFreePort = 40_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerAddress, MemoryListener> _listeners = [];
    private int _nextPort = FirstFreePort;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <summary>Asked for the link of each new connection (address connected to, number of the connection from 0). Null: no faults.</summary>
    public Func<PeerAddress, int, MemoryLink>? Links { get; set; }

    /// <summary>Connections made so far.</summary>
    public int ConnectionCount { get; private set; }

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(PeerAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        cancellationToken.ThrowIfCancellationRequested();
        if (address.Port == 0) throw SyncErrors.AddressInvalid.With($"{address} has no port to connect to");
        lock (_gate)
        {
            if (!_listeners.TryGetValue(address, out var listener)) throw TransportErrors.Unreachable(address, "nothing listens there");
            var link = Links?.Invoke(address, ConnectionCount) ?? new MemoryLink();
            ConnectionCount++;
            MemoryPipe up = new(link.BufferBytes, link.ToListener), down = new(link.BufferBytes, link.FromListener);
            var near = new MemoryConnection(address, down, up);
            var far = new MemoryConnection(PeerAddress.Parse("127.0.0.1").WithPort(NextPort()), up, down);
            up.Cut = down.Cut = near.LinkCut;
            if (!listener.Offer(far)) throw TransportErrors.Unreachable(address, "too many wait there");
            return ValueTask.FromResult<ITransportConnection>(near);
        }
    }

    /// <inheritdoc/>
    public ITransportListener Listen(PeerAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (_gate)
        {
            if (address.Port == 0) address = address.WithPort(NextPort());
            var listener = new MemoryListener(this, address);
            return _listeners.TryAdd(address, listener) ? listener : throw SyncErrors.AddressUnavailable.With($"Cannot listen on {address}: another program listens there");
        }
    }

    private int NextPort() => _nextPort = _nextPort < ushort.MaxValue ? _nextPort + 1 : FirstFreePort;

    private void Forget(PeerAddress address)
    {
        lock (_gate) _listeners.Remove(address);
    }

    private sealed class MemoryListener(MemoryTransport network, PeerAddress address) : ITransportListener
    {
        private readonly Channel<MemoryConnection> _waiting = Channel.CreateBounded<MemoryConnection>(Backlog);

        public PeerAddress LocalAddress => address;

        public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException e)
            {
                throw new OperationCanceledException("The listener was disposed.", e);
            }
        }

        public void Dispose()
        {
            network.Forget(address);
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var connection)) connection.Abort();
        }

        internal bool Offer(MemoryConnection connection) => _waiting.Writer.TryWrite(connection);
    }
}
