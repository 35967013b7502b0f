namespace SyncModule.Engine.Transport;

/// <summary>One end of an in-process connection.</summary>
internal sealed class MemoryConnection(PeerAddress remote, MemoryPipe incoming, MemoryPipe outgoing) : ITransportConnection
{
    private long _read, _written;
    private int _closed;

    public PeerAddress RemoteAddress { get; } = remote;

    public long BytesRead => Volatile.Read(ref _read);

    public long BytesWritten => Volatile.Read(ref _written);

    public int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) throw new ArgumentException("A read needs room for a byte.", nameof(buffer));
        while (true)
        {
            if (TryRead(buffer, out var wait) is >= 0 and var count) return count;
            wait.Wait();
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) throw new ArgumentException("A read needs room for a byte.", nameof(buffer));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(buffer.Span, out var wait) is >= 0 and var count) return count;
            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = TryWrite(bytes, out var wait);
            bytes = bytes[taken..];
            if (taken == 0) wait.Wait();
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        while (!bytes.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int taken = TryWrite(bytes.Span, out var wait);
            bytes = bytes[taken..];
            if (taken == 0) await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void CloseWrite() => outgoing.End();

    public bool Finish(TimeSpan limit)
    {
        CloseWrite();
        long until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        var discard = new byte[4096];
        try
        {
            while (true)
            {
                int count = TryRead(discard, out var wait);
                if (count == 0) return true;
                if (count > 0) continue;
                long left = until - Environment.TickCount64;
                if (left <= 0 || !wait.Wait(TimeSpan.FromMilliseconds(left))) return false;
            }
        }
        catch (SyncException)
        {
            return false;
        }
    }

    public void Abort()
    {
        Interlocked.Exchange(ref _closed, 1);
        incoming.Reset(discard: true);
        outgoing.Reset(discard: true);
    }

    /// <summary>As a socket does it: what was written is still delivered; unread bytes reset the connection for the peer's writer.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        outgoing.End();
        incoming.Reset(discard: true);
    }

    internal void LinkCut()
    {
        incoming.Reset(discard: false);
        outgoing.Reset(discard: false);
    }

    private int TryRead(Span<byte> buffer, out Task wait)
    {
        if (Volatile.Read(ref _closed) != 0) throw TransportErrors.Aborted(RemoteAddress);
        int count = incoming.TryRead(buffer, RemoteAddress, out wait);
        if (count > 0) Interlocked.Add(ref _read, count);
        return count;
    }

    private int TryWrite(ReadOnlySpan<byte> bytes, out Task wait)
    {
        if (Volatile.Read(ref _closed) != 0) throw TransportErrors.Aborted(RemoteAddress);
        int count = outgoing.TryWrite(bytes, RemoteAddress, out wait);
        Interlocked.Add(ref _written, count);
        return count;
    }
}
