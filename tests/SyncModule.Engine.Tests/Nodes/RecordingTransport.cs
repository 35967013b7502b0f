using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>TCP that keeps every byte of every connection, in both directions, as a wire tap would.</summary>
internal sealed class RecordingTransport : ITransport
{
    private readonly TcpTransport _inner = new();
    private readonly MemoryStream _wire = new();

    public string Name => _inner.Name;

    public byte[] Recorded
    {
        get
        {
            lock (_wire) return _wire.ToArray();
        }
    }

    public async ValueTask<ITransportConnection> ConnectAsync(PeerAddress address, CancellationToken cancellationToken = default) =>
        new Connection(await _inner.ConnectAsync(address, cancellationToken), this);

    public ITransportListener Listen(PeerAddress address) => _inner.Listen(address);

    private void Record(ReadOnlySpan<byte> bytes)
    {
        lock (_wire) _wire.Write(bytes);
    }

    private sealed class Connection(ITransportConnection inner, RecordingTransport owner) : ITransportConnection
    {
        public PeerAddress RemoteAddress => inner.RemoteAddress;

        public long BytesRead => inner.BytesRead;

        public long BytesWritten => inner.BytesWritten;

        public int Read(Span<byte> buffer)
        {
            int count = inner.Read(buffer);
            owner.Record(buffer[..count]);
            return count;
        }

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await inner.ReadAsync(buffer, cancellationToken);
            owner.Record(buffer.Span[..count]);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            owner.Record(bytes);
            inner.Write(bytes);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
        {
            owner.Record(bytes.Span);
            return inner.WriteAsync(bytes, cancellationToken);
        }

        public void CloseWrite() => inner.CloseWrite();

        public bool Finish(TimeSpan limit) => inner.Finish(limit);

        public void Abort() => inner.Abort();

        public void Dispose() => inner.Dispose();
    }
}
