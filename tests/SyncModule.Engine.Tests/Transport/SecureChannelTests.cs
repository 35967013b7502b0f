using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

public sealed class SecureChannelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(65_519)]
    [InlineData(65_520)]
    [InlineData(3_333_333)]
    public async Task Bytes_arrive_as_they_were_sent_whatever_the_pieces(int length)
    {
        using var pair = await ChannelPair.OpenAsync();
        var sent = new byte[length];
        new Random(length).NextBytes(sent);
        var send = Task.Factory.StartNew(() => { pair.Near.Send(sent); pair.Near.CloseWrite(); }, TaskCreationOptions.LongRunning);
        var got = new MemoryStream();
        var buffer = new byte[100_003];
        for (int i = 1; pair.Far.Receive(buffer.AsSpan(0, Math.Min(buffer.Length, i * 7))) is > 0 and var n; i++) got.Write(buffer, 0, n);
        await send;
        Assert.Equal(sent, got.ToArray());
        Assert.Equal(pair.Near.HandshakeHash, pair.Far.HandshakeHash);
        Assert.Equal(pair.Near.WireBytes, pair.Far.WireBytes);
    }

    [Fact]
    public async Task Keys_change_on_the_way_without_a_trace()
    {
        using var pair = await ChannelPair.OpenAsync();
        int messages = (int)NoiseTransport.MessagesPerKey + 77;
        var send = Task.Factory.StartNew(() =>
        {
            for (int i = 0; i < messages; i++) pair.Near.Send([(byte)i]);
            pair.Near.CloseWrite();
        }, TaskCreationOptions.LongRunning);
        int at = 0;
        var buffer = new byte[911];
        while (pair.Far.Receive(buffer) is > 0 and var n)
        {
            for (int i = 0; i < n; i++) Assert.Equal((byte)at++, buffer[i]);
        }

        await send;
        Assert.Equal(messages, at);
    }

    [Fact]
    public async Task Bytes_that_do_not_open_end_the_channel_for_good()
    {
        using var pair = await ChannelPair.OpenAsync();
        pair.RawNear.Write([0, 40, .. new byte[40]]);
        Assert.Equal("ProtocolViolation", Assert.Throws<SyncException>(() => pair.Far.Receive(new byte[99])).ErrorId);
        Assert.Equal("ProtocolViolation", Assert.Throws<SyncException>(() => pair.Far.Receive(new byte[99])).ErrorId);
        Assert.Equal("ProtocolViolation", Assert.Throws<SyncException>(() => pair.Far.Send([1])).ErrorId);
        Assert.Throws<SyncException>(() => pair.RawNear.Read(new byte[1]));
    }

    [Fact]
    public async Task An_end_inside_a_message_is_a_loss_and_never_an_end()
    {
        using var pair = await ChannelPair.OpenAsync();
        pair.RawNear.Write([0, 40, 1, 2, 3]);
        pair.RawNear.CloseWrite();
        Assert.Equal("SessionLost", Assert.Throws<SyncException>(() => pair.Far.Receive(new byte[99])).ErrorId);
    }

    [Fact]
    public async Task A_message_that_trickles_is_timed_out_and_silence_between_messages_is_not()
    {
        var time = new ManualTime();
        using var pair = await ChannelPair.OpenAsync(time);
        var receive = Task.Factory.StartNew(() => Assert.Throws<SyncException>(() => pair.Far.Receive(new byte[99])), TaskCreationOptions.LongRunning);
        time.Advance(TimeSpan.FromHours(1));
        Assert.False(receive.IsCompleted);
        pair.RawNear.Write([0xFF, 0xFF, 7]);
        while (!receive.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("SessionTimeout", (await receive).ErrorId);
    }

    [Fact]
    public async Task Time_in_which_this_process_did_not_run_is_not_held_against_the_peer()
    {
        var time = new ManualTime();
        using var pair = await ChannelPair.OpenAsync(time);
        pair.Far.InFrame = true;
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var receive = Task.Factory.StartNew(
            () =>
            {
                pair.Far.Receive(new byte[99]);
                reading.SetResult();
                return pair.Far.Receive(new byte[99]);
            },
            TaskCreationOptions.LongRunning);
        pair.Near.Send([1]);
        await reading.Task;
        for (int i = 0; i < 100; i++)
        {
            time.Suspend(TimeSpan.FromMinutes(10));
            await Task.Yield();
        }

        pair.Near.Send([2, 3]);
        Assert.Equal(2, await receive);
        Assert.Null(pair.Far.Failure);
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_is_timed_out()
    {
        var time = new ManualTime();
        using var pair = await ChannelPair.OpenAsync(time);
        var send = Task.Factory.StartNew(() => Assert.Throws<SyncException>(() => pair.Near.Send(new byte[1 << 20])), TaskCreationOptions.LongRunning);
        while (!send.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("SessionTimeout", (await send).ErrorId);
    }

    private sealed class ChannelPair(SecureChannel near, SecureChannel far, ITransportConnection rawNear) : IDisposable
    {
        public SecureChannel Near => near;

        public SecureChannel Far => far;

        public ITransportConnection RawNear => rawNear;

        public static async Task<ChannelPair> OpenAsync(TimeProvider? clock = null)
        {
            await using var meeting = new Meeting(clock: clock);
            using var listener = meeting.Transport.Listen(PeerAddress.Parse("127.0.0.1:0"));
            var rawNear = await meeting.Transport.ConnectAsync(listener.LocalAddress);
            var rawFar = await listener.AcceptAsync();
            var limits = new HandshakeLimits(meeting.Clock);
            var far = Task.Factory.StartNew(() => ChannelHandshake.Respond(rawFar, limits.TryEnter(rawFar.RemoteAddress, () => { })!, limits.Deadline, () => [meeting.Keys], meeting.IdentityTwo), TaskCreationOptions.LongRunning);
            var near = ChannelHandshake.Initiate(rawNear, meeting.Keys, meeting.IdentityOne);
            return new(near, (await far)!, rawNear);
        }

        public void Dispose()
        {
            near.Abort(SyncErrors.SessionLost.With("the test ends"));
            far.Abort(SyncErrors.SessionLost.With("the test ends"));
            near.Dispose();
            far.Dispose();
        }
    }
}
