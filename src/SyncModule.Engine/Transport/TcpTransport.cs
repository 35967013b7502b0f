using System.Net;
using System.Net.Sockets;

namespace SyncModule.Engine.Transport;

/// <summary>How TCP connections are made. <see cref="BufferBytes"/> null leaves both socket buffers to the kernel.</summary>
public sealed record TcpOptions
{
    /// <summary>How long all attempts together may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one address of a name is tried alone before the next one is tried beside it (RFC 8305).</summary>
    public TimeSpan AttemptDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Idle time before a keep-alive probe, and the time between probes; four unanswered ones end the connection.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Socket buffer size in bytes. Linux grows its own buffers by the link's bandwidth and delay, beyond 1 MiB where that helps; setting a size switches
    /// that off and is cut to net.core.*mem_max (208 KiB by default). So a size is set elsewhere only.
    /// </summary>
    public int? BufferBytes { get; init; } = OperatingSystem.IsLinux() ? null : 1 << 20;
}

/// <summary>TCP, IPv4 and IPv6.</summary>
public sealed class TcpTransport(TcpOptions? options = null) : ITransport
{
    private const int KeepAliveProbes = 4;
    private const int Backlog = 512;

    private readonly TcpOptions _options = options ?? new TcpOptions();

    /// <inheritdoc/>
    public string Name => "tcp";

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(PeerAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Port == 0) throw SyncErrors.AddressInvalid.With($"{address} has no port to connect to");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.ConnectTimeout);
        try
        {
            var addresses = address.Ip is { } ip ? [ip] : await Dns.GetHostAddressesAsync(address.Host, timeout.Token).ConfigureAwait(false);
            if (addresses.Length == 0) throw TransportErrors.Unreachable(address, "there is no machine of that name");
            return await new ConnectRace(this, _options.AttemptDelay).RunAsync(addresses, address.Port, timeout.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw TransportErrors.Unreachable(address, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw TransportErrors.Unreachable(address, "no answer in time", e);
        }
    }

    /// <inheritdoc/>
    public ITransportListener Listen(PeerAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Socket? socket = null;
        try
        {
            var ip = address.Ip ?? Dns.GetHostAddresses(address.Host)[0];
            if (ip.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6) ip = IPAddress.Any;
            socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // "[::]" serves IPv4 as well; every other address is exactly itself.
            if (ip.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = ip.Equals(IPAddress.IPv6Any);
            if (_options.BufferBytes is { } size) socket.ReceiveBufferSize = size; // accepted sockets inherit it, in time for the window scale
            socket.Bind(new IPEndPoint(ip, address.Port));
            socket.Listen(Backlog);
            return new TcpListenerAdapter(this, socket);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw SyncErrors.AddressUnavailable.With($"Cannot listen on {address}: {TransportErrors.Describe(e.SocketErrorCode)}", e);
        }
    }

    internal Socket NewSocket(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        Configure(socket);
        return socket;
    }

    internal void Configure(Socket socket)
    {
        // Every write is already one whole flight: waiting to fill a segment would only add a round trip.
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        int seconds = Math.Max(1, (int)_options.KeepAlive.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (_options.BufferBytes is not { } size) return;
        socket.SendBufferSize = size;
        socket.ReceiveBufferSize = size;
    }
}
