using System.Diagnostics.CodeAnalysis;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

/// <summary>What every transport promises (ITransport.cs). Each transport runs the same facts.</summary>
public abstract class TransportConformance
{
    protected abstract ITransport NewTransport();

    protected static PeerAddress AnyPort { get; } = PeerAddress.Parse("127.0.0.1:0");

    [Fact]
    public async Task Bytes_arrive_whole_and_in_order_in_both_directions_at_once()
    {
        using var pair = await PairAsync();
        byte[] up = Bytes(1_234_567, 1), down = Bytes(765_433, 2);
        var tasks = new[]
        {
            OnThread(() => { pair.Near.Write(up); pair.Near.CloseWrite(); }),
            OnThread(() => { pair.Far.Write(down); pair.Far.CloseWrite(); }),
            OnThread(() => Assert.Equal(up, ReadAll(pair.Far))),
            OnThread(() => Assert.Equal(down, ReadAll(pair.Near))),
        };
        await Task.WhenAll(tasks);
        Assert.Equal(up.Length, pair.Near.BytesWritten);
        Assert.Equal(up.Length, pair.Far.BytesRead);
        Assert.Equal(down.Length, pair.Near.BytesRead);
        Assert.Equal(down.Length, pair.Far.BytesWritten);
    }

    [Fact]
    public async Task Asynchronous_calls_carry_the_same_bytes()
    {
        using var pair = await PairAsync();
        byte[] sent = Bytes(300_001, 3), got = new byte[300_001];
        var write = pair.Far.WriteAsync(sent).AsTask();
        for (int at = 0; at < got.Length;)
        {
            int n = await pair.Near.ReadAsync(got.AsMemory(at));
            Assert.NotEqual(0, n);
            at += n;
        }

        await write;
        Assert.Equal(sent, got);
    }

    [Fact]
    public async Task The_end_of_one_direction_leaves_the_other_open()
    {
        using var pair = await PairAsync();
        pair.Near.CloseWrite();
        pair.Near.CloseWrite();
        Assert.Equal(0, pair.Far.Read(new byte[7]));
        pair.Far.Write([1, 2, 3]);
        var got = new byte[7];
        Assert.Equal(3, ReadUpTo(pair.Near, got, 3));
        Assert.Equal([1, 2, 3], got[..3]);
    }

    [Fact]
    public async Task Abort_wakes_a_blocked_reader_here_and_fails_the_peer()
    {
        using var pair = await PairAsync();
        var blocked = OnThread(() => AssertLost(() => pair.Near.Read(new byte[5])));
        var peer = OnThread(() => AssertLost(() => pair.Far.Read(new byte[5])));
        pair.Near.Abort();
        pair.Near.Abort();
        await Task.WhenAll(blocked, peer);
        AssertLost(() => pair.Near.Write([1]));
    }

    [Fact]
    public async Task Abort_wakes_a_blocked_writer()
    {
        using var pair = await PairAsync();
        var blocked = OnThread(() => AssertLost(() =>
        {
            var block = new byte[1_021];
            while (true) pair.Near.Write(block);
        }));
        while (pair.Near.BytesWritten < 4096) await Task.Yield();
        pair.Near.Abort();
        await blocked;
    }

    [Fact]
    public async Task A_cancelled_asynchronous_read_says_so()
    {
        using var pair = await PairAsync();
        using var cancel = new CancellationTokenSource();
        var read = pair.Near.ReadAsync(new byte[9], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task Finish_waits_until_the_peer_has_taken_everything()
    {
        using var pair = await PairAsync();
        byte[] sent = Bytes(50_021, 4);
        pair.Far.Write(Bytes(1_111, 5)); // bytes that Near never reads: an ordinary close would reset the connection and lose what was sent
        var near = OnThread(() =>
        {
            pair.Near.Write(sent);
            Assert.True(pair.Near.Finish(TimeSpan.FromSeconds(60)));
            pair.Near.Dispose();
        });
        Assert.Equal(sent, ReadAll(pair.Far));
        Assert.False(near.IsCompleted);
        pair.Far.CloseWrite();
        await near;
    }

    [Fact]
    public async Task Finish_gives_up_on_a_peer_that_does_not_end()
    {
        using var pair = await PairAsync();
        Assert.False(pair.Near.Finish(TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public async Task An_address_where_nothing_listens_is_unreachable()
    {
        var transport = NewTransport();
        PeerAddress address;
        using (var listener = transport.Listen(AnyPort)) address = listener.LocalAddress;
        var e = await Assert.ThrowsAsync<SyncException>(() => transport.ConnectAsync(address).AsTask());
        Assert.Equal("PeerUnreachable", e.ErrorId);
    }

    [Fact]
    public async Task Port_zero_can_only_be_listened_on()
    {
        var transport = NewTransport();
        using var listener = transport.Listen(AnyPort);
        Assert.NotEqual(0, listener.LocalAddress.Port);
        var e = await Assert.ThrowsAsync<SyncException>(() => transport.ConnectAsync(AnyPort).AsTask());
        Assert.Equal("AddressInvalid", e.ErrorId);
    }

    [Fact]
    public void An_address_in_use_is_refused_with_a_typed_error()
    {
        var transport = NewTransport();
        using var listener = transport.Listen(AnyPort);
        Assert.Equal("AddressUnavailable", Assert.Throws<SyncException>(() => transport.Listen(listener.LocalAddress)).ErrorId);
    }

    [Fact]
    public async Task A_disposed_or_cancelled_listener_ends_accept()
    {
        var transport = NewTransport();
        var listener = transport.Listen(AnyPort);
        using var cancel = new CancellationTokenSource();
        var first = listener.AcceptAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var second = listener.AcceptAsync().AsTask();
        listener.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Fact]
    public async Task An_empty_buffer_is_no_way_to_ask_for_the_end()
    {
        using var pair = await PairAsync();
        Assert.Throws<ArgumentException>(() => pair.Near.Read([]));
        await Assert.ThrowsAsync<ArgumentException>(() => pair.Near.ReadAsync(Memory<byte>.Empty).AsTask());
    }

    protected async Task<Pair> PairAsync(ITransport? transport = null)
    {
        transport ??= NewTransport();
        var listener = transport.Listen(AnyPort);
        var accept = listener.AcceptAsync().AsTask();
        var near = await transport.ConnectAsync(listener.LocalAddress);
        return new Pair(listener, near, await accept);
    }

    protected static Task OnThread(Action body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    protected static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static byte[] ReadAll(ITransportConnection connection)
    {
        var all = new MemoryStream();
        var buffer = new byte[10_007];
        while (connection.Read(buffer) is > 0 and var n) all.Write(buffer, 0, n);
        return all.ToArray();
    }

    protected static int ReadUpTo(ITransportConnection connection, Span<byte> buffer, int count)
    {
        int at = 0;
        while (at < count && connection.Read(buffer[at..count]) is > 0 and var n) at += n;
        return at;
    }

    protected static void AssertLost(Action action) => Assert.Equal("SessionLost", Assert.Throws<SyncException>(action).ErrorId);

    [SuppressMessage("Design", "CA1034", Justification = "A tuple that disposes.")]
    protected sealed record Pair(ITransportListener Listener, ITransportConnection Near, ITransportConnection Far) : IDisposable
    {
        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
            Listener.Dispose();
        }
    }
}
