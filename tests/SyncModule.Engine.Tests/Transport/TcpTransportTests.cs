using System.Net.Sockets;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

public sealed class TcpTransportTests : TransportConformance
{
    protected override ITransport NewTransport() => new TcpTransport(new TcpOptions { BufferBytes = 1 << 17 });

    [Fact]
    public async Task A_listener_on_the_ipv6_wildcard_serves_ipv4_as_well()
    {
        var transport = new TcpTransport();
        using var listener = transport.Listen(PeerAddress.Parse("[::]:0"));
        var accept = listener.AcceptAsync().AsTask();
        using var near = await transport.ConnectAsync(PeerAddress.Parse("127.0.0.1").WithPort(listener.LocalAddress.Port));
        using var far = await accept;
        Assert.Equal("127.0.0.1", far.RemoteAddress.Host);
    }

    [Fact]
    public async Task A_name_with_a_dead_address_still_connects()
    {
        // "localhost" is often [::1, 127.0.0.1] while the peer listens on IPv4 alone.
        var transport = new TcpTransport();
        using var listener = transport.Listen(AnyPort);
        var accept = listener.AcceptAsync().AsTask();
        using var near = await transport.ConnectAsync(PeerAddress.Parse("localhost").WithPort(listener.LocalAddress.Port));
        using var far = await accept;
        far.Write([9]);
        Assert.Equal(1, near.Read(new byte[3]));
    }

    [Fact]
    public async Task Silence_is_unreachable_after_the_connect_timeout_and_cancellation_is_cancellation()
    {
        // A full accept queue drops further connection attempts: an address that does not answer, without leaving this machine.
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        deaf.Listen(0);
        var address = PeerAddress.From((System.Net.IPEndPoint)deaf.LocalEndPoint!);
        var transport = new TcpTransport(new TcpOptions { ConnectTimeout = TimeSpan.FromMilliseconds(150) });
        var taken = new List<ITransportConnection>();
        try
        {
            SyncException? silent = null;
            for (int i = 0; i < 64 && silent is null; i++)
            {
                try
                {
                    taken.Add(await transport.ConnectAsync(address));
                }
                catch (SyncException e)
                {
                    silent = e;
                }
            }

            Assert.Equal("PeerUnreachable", silent?.ErrorId);
            using var cancel = new CancellationTokenSource();
            var connect = new TcpTransport().ConnectAsync(address, cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect);
        }
        finally
        {
            foreach (var connection in taken) connection.Dispose();
        }
    }

    [Fact]
    public async Task The_listener_is_free_again_at_once_after_connections_ended()
    {
        var transport = NewTransport();
        PeerAddress address;
        using (var pair = await PairAsync(transport)) address = pair.Listener.LocalAddress;
        using var again = transport.Listen(address);
        Assert.Equal(address, again.LocalAddress);
    }

    [Fact]
    public async Task The_fault_proxy_cuts_flips_and_swallows_as_told()
    {
        var transport = NewTransport();
        using var listener = transport.Listen(AnyPort);
        await using var proxy = new FaultProxy(listener.LocalAddress);

        proxy.Up.FlipByteAt = 1_001;
        using (var flipped = await ThroughAsync(transport, listener, proxy))
        {
            var sent = Bytes(4_003, 8);
            flipped.Near.Write(sent);
            flipped.Near.CloseWrite();
            var got = ReadAll(flipped.Far);
            Assert.Equal([1_001], Enumerable.Range(0, sent.Length).Where(i => sent[i] != got[i]));
        }

        proxy.Up.FlipByteAt = null;
        proxy.Down.CutAfterBytes = 2_017;
        using (var cut = await ThroughAsync(transport, listener, proxy))
        {
            Action flood = () =>
            {
                while (true) cut.Far.Write(new byte[3_001]);
            };
            // A reset that meets a closed window may reach the writer as the kernel's "timed out".
            var writer = OnThread(() => Assert.Contains(Assert.Throws<SyncException>(flood).ErrorId, new[] { "SessionLost", "SessionTimeout" }));
            var got = 0;
            AssertLost(() =>
            {
                while (cut.Near.Read(new byte[999]) is > 0 and var n) got += n;
                Assert.Fail("a cut is no end");
            });
            Assert.InRange(got, 0, 2_017);
            await writer;
        }

        proxy.Down.CutAfterBytes = null;
        proxy.Up.HalfOpen = true;
        using (var dead = await ThroughAsync(transport, listener, proxy))
        {
            dead.Near.Write([1, 2, 3]);
            dead.Far.Write([4]);
            Assert.Equal(1, dead.Near.Read(new byte[3])); // the other direction lives
            Assert.Equal(0, dead.Far.BytesRead);
        }
    }

    private static async Task<Pair> ThroughAsync(ITransport transport, ITransportListener listener, FaultProxy proxy)
    {
        var accept = listener.AcceptAsync().AsTask();
        var near = await transport.ConnectAsync(proxy.Address);
        return new Pair(new Borrowed(listener), near, await accept);
    }

    private sealed class Borrowed(ITransportListener inner) : ITransportListener
    {
        public PeerAddress LocalAddress => inner.LocalAddress;

        public ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) => inner.AcceptAsync(cancellationToken);

        public void Dispose()
        {
        }
    }
}
