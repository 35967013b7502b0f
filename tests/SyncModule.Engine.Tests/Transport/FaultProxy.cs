using System.Net;
using System.Net.Sockets;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

/// <summary>What one direction of a <see cref="FaultProxy"/> does wrong. Counts are per connection; changes take effect with the next bytes.</summary>
public sealed class ProxyDirection
{
    /// <summary>Every piece arrives this much later; order is kept.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Both sides are reset after this many bytes.</summary>
    public long? CutAfterBytes { get; set; }

    /// <summary>At most this many bytes per second.</summary>
    public int? BytesPerSecond { get; set; }

    /// <summary>The byte at this offset arrives with its lowest bit flipped.</summary>
    public long? FlipByteAt { get; set; }

    /// <summary>Bytes are swallowed and the end is not passed on: the peer looks alive and says nothing.</summary>
    public bool HalfOpen { get; set; }
}

/// <summary>A TCP proxy on loopback that stands between two real processes and breaks what it is told to break.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _pumps = [];
    private readonly PeerAddress _target;
    private readonly Task _accepting;

    public FaultProxy(PeerAddress target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = PeerAddress.Parse("127.0.0.1").WithPort(((IPEndPoint)_listener.LocalEndPoint!).Port);
        _accepting = AcceptAsync();
    }

    /// <summary>Connect here instead of to the target.</summary>
    public PeerAddress Address { get; }

    /// <summary>From the connecting side to the target.</summary>
    public ProxyDirection Up { get; } = new();

    /// <summary>From the target to the connecting side.</summary>
    public ProxyDirection Down { get; } = new();

    /// <summary>Resets every connection that is open now; new ones are taken.</summary>
    public void DropAll()
    {
        lock (_sockets)
        {
            foreach (var socket in _sockets) Reset(socket);
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        DropAll();
        Task[] pumps;
        lock (_sockets) pumps = [.. _pumps];
        await Task.WhenAll(pumps);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                client.NoDelay = server.NoDelay = true;
                try
                {
                    await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
                }
                catch (SocketException)
                {
                    Reset(client);
                    server.Dispose();
                    continue;
                }

                lock (_sockets)
                {
                    _sockets.AddRange([client, server]);
                    _pumps.AddRange([PumpAsync(client, server, Up), PumpAsync(server, client, Down)]);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The proxy ends.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, ProxyDirection direction)
    {
        // The queue between reader and writer is what a delay is made of: reading goes on while earlier bytes are still under way.
        var queue = System.Threading.Channels.Channel.CreateBounded<(byte[] Bytes, long Due)>(256);
        var writer = DeliverAsync(queue.Reader, to, direction);
        var buffer = new byte[16 * 1024];
        long total = 0;
        try
        {
            while (true)
            {
                int n = await from.ReceiveAsync(buffer, _stop.Token);
                if (direction.FlipByteAt is { } at && at >= total && at < total + n) buffer[at - total] ^= 1;
                bool cut = direction.CutAfterBytes is { } limit && total + n >= limit;
                int keep = cut ? (int)(direction.CutAfterBytes!.Value - total) : n;
                total += n;
                await queue.Writer.WriteAsync((buffer[..keep], Environment.TickCount64 + (long)direction.Delay.TotalMilliseconds), _stop.Token);
                if (!cut && n > 0) continue;
                queue.Writer.Complete();
                await writer;
                if (!cut) return;
                Reset(from);
                Reset(to);
                return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            queue.Writer.TryComplete();
            await writer;
            Reset(from);
            Reset(to);
        }
    }

    private async Task DeliverAsync(System.Threading.Channels.ChannelReader<(byte[] Bytes, long Due)> queue, Socket to, ProxyDirection direction)
    {
        try
        {
            await foreach (var (bytes, due) in queue.ReadAllAsync(_stop.Token))
            {
                if (direction.HalfOpen) continue;
                if (due - Environment.TickCount64 is > 0 and var wait) await Task.Delay((int)wait, _stop.Token);
                for (int at = 0; at < bytes.Length;)
                {
                    int piece = direction.BytesPerSecond is { } rate ? Math.Min(bytes.Length - at, Math.Max(1, rate / 50)) : bytes.Length - at;
                    if (direction.BytesPerSecond is { } pace) await Task.Delay((int)Math.Max(1, piece * 1000L / pace), _stop.Token);
                    at += await to.SendAsync(bytes.AsMemory(at, piece), _stop.Token);
                }

                if (bytes.Length == 0) to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The reader of this direction meets the same end.
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        socket.Dispose();
    }
}
