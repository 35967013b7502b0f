using System.Net;
using System.Net.Sockets;

namespace SyncModule.Engine.Transport;

/// <summary>A listening TCP socket.</summary>
internal sealed class TcpListenerAdapter : ITransportListener
{
    private static readonly TimeSpan ResourcePause = TimeSpan.FromMilliseconds(100);

    private readonly TcpTransport _transport;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _closed = new();

    internal TcpListenerAdapter(TcpTransport transport, Socket socket)
    {
        (_transport, _socket) = (transport, socket);
        LocalAddress = PeerAddress.From((IPEndPoint)socket.LocalEndPoint!);
    }

    public PeerAddress LocalAddress { get; }

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await _socket.AcceptAsync(either.Token).ConfigureAwait(false);
                _transport.Configure(accepted);
                return new TcpConnection(accepted);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                accepted?.Dispose();
                either.Token.ThrowIfCancellationRequested();
                // A connection that was gone before it was taken is nobody's trouble. Without file handles the kernel keeps it waiting in the
                // backlog: a pause keeps the loop from spinning until some are free again.
                if (e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable })
                {
                    await Task.Delay(ResourcePause, either.Token).ConfigureAwait(false);
                }
            }
        }
    }

    public void Dispose()
    {
        _closed.Cancel();
        _socket.Dispose();
    }
}
