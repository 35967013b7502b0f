using System.Net;
using System.Net.Sockets;

namespace SyncModule.Engine.Transport;

/// <summary>A connected socket. It stays in blocking mode until somebody uses an asynchronous call on it.</summary>
internal sealed class TcpConnection : ITransportConnection
{
    // A blocking send reports nothing before it is through, so a long one would hide on a slow link that bytes still move (T16).
    private const int LongestSend = 256 * 1024;

    private readonly Socket _socket;
    private long _read, _written;
    private int _writeClosed, _aborted;

    internal TcpConnection(Socket socket)
    {
        _socket = socket;
        RemoteAddress = PeerAddress.From((IPEndPoint)socket.RemoteEndPoint!);
    }

    public PeerAddress RemoteAddress { get; }

    public long BytesRead => Volatile.Read(ref _read);

    public long BytesWritten => Volatile.Read(ref _written);

    public int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) throw new ArgumentException("A read needs room for a byte.", nameof(buffer));
        try
        {
            return Took(_socket.Receive(buffer));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Translate(e);
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) throw new ArgumentException("A read needs room for a byte.", nameof(buffer));
        try
        {
            return Took(await _socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Translate(e);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int sent = _socket.Send(bytes[..Math.Min(bytes.Length, LongestSend)]);
                Interlocked.Add(ref _written, sent);
                bytes = bytes[sent..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Translate(e);
        }
    }

    // A system calls a socket writable when a good part of its buffer is free.
    public bool TakesLittle
    {
        get
        {
            try
            {
                return _socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false; // the next write says why
            }
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int sent = await _socket.SendAsync(bytes[..Math.Min(bytes.Length, LongestSend)], cancellationToken).ConfigureAwait(false);
                Interlocked.Add(ref _written, sent);
                bytes = bytes[sent..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Translate(e);
        }
    }

    public void CloseWrite()
    {
        if (Interlocked.Exchange(ref _writeClosed, 1) != 0) return;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection is gone already: the next read says so with its cause.
        }
    }

    public bool Finish(TimeSpan limit)
    {
        CloseWrite();
        long until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        var discard = new byte[16 * 1024];
        try
        {
            while (until - Environment.TickCount64 is > 0 and var left && _socket.Poll(TimeSpan.FromMilliseconds(left), SelectMode.SelectRead))
            {
                if (Took(_socket.Receive(discard)) == 0) return true;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or SyncException)
        {
            // Reset or aborted while waiting: whether the peer took everything is unknown, which is what false says.
        }

        return false;
    }

    public void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0) return;
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Not connected any more: closing is all that is left.
        }

        _socket.Dispose();
    }

    public void Dispose()
    {
        Volatile.Write(ref _aborted, 1);
        _socket.Dispose();
    }

    /// <summary>A blocking receive that Abort interrupts may look like the peer's end; it must never be taken for one.</summary>
    private int Took(int count)
    {
        if (count == 0 && Volatile.Read(ref _aborted) != 0) throw TransportErrors.Aborted(RemoteAddress);
        Interlocked.Add(ref _read, count);
        return count;
    }

    private SyncException Translate(Exception e) =>
        e is SocketException s && Volatile.Read(ref _aborted) == 0 ? TransportErrors.Lost(RemoteAddress, s) : TransportErrors.Aborted(RemoteAddress, e);
}
