using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Transport;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class ListenerTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(70)]
    [InlineData(71)]
    [InlineData(4_099)]
    public async Task A_stranger_is_answered_nothing_and_closed(int length)
    {
        await using var meeting = new Meeting();
        for (int seed = 0; seed < 9; seed++)
        {
            using var stranger = await meeting.Transport.ConnectAsync(meeting.Listener.LocalAddress);
            var garbage = new byte[length];
            new Random(seed).NextBytes(garbage);
            if (seed % 3 != 0) (garbage[0], garbage[1]) = (0, HandshakeFrames.Message1Size); // the right length, the wrong bytes
            AssertSilence(stranger, garbage);
        }
    }

    [Fact]
    public async Task A_replayed_first_message_is_answered_nothing()
    {
        await using var meeting = new Meeting();
        byte[] first;
        using (var handshake = new InitiatorHandshake(meeting.Keys, meeting.IdentityOne.Device, meeting.IdentityOne.Certificate(meeting.Keys), ChannelBinding.Tcp, meeting.IdentityOne.Random))
        {
            first = HandshakeFrames.Frame(handshake.CreateMessage1());
        }

        using (var once = await meeting.Transport.ConnectAsync(meeting.Listener.LocalAddress))
        {
            once.Write(first);
            Assert.NotEqual(0, once.Read(new byte[600]));
        }

        using var again = await meeting.Transport.ConnectAsync(meeting.Listener.LocalAddress);
        AssertSilence(again, first);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("tcp")]
    public async Task Two_hundred_idle_connections_do_not_block_an_honest_peer(string transport)
    {
        await using var meeting = new Meeting(transport == "tcp" ? new TcpTransport() : new MemoryTransport());
        var idle = new List<ITransportConnection>();
        for (int i = 0; i < 200; i++) idle.Add(await meeting.Transport.ConnectAsync(meeting.Listener.LocalAddress));
        while (meeting.Listener.HalfOpenCount < 64) await Task.Yield();
        meeting.One.Write(new Random(1), 5, 5_000);
        var (one, _) = await meeting.SyncAsync();
        Assert.Equal(SessionResult.Synced, one.Result);
        Assert.InRange(meeting.Listener.HalfOpenCount, 0, 64);
        foreach (var connection in idle) connection.Dispose();
    }

    [Fact]
    public async Task A_handshake_that_takes_too_long_is_ended()
    {
        var time = new ManualTime();
        await using var meeting = new Meeting(clock: time);
        using var slow = await meeting.Transport.ConnectAsync(meeting.Listener.LocalAddress);
        slow.Write([0]);
        while (time.ArmedTimers == 0) await Task.Yield();
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("SessionLost", Assert.Throws<SyncException>(() => slow.Read(new byte[1])).ErrorId);
    }

    [Fact]
    public async Task A_device_of_another_vault_is_refused()
    {
        await using Meeting meeting = new(), other = new();
        var connection = await meeting.Transport.ConnectAsync(meeting.Listener.LocalAddress);
        var e = Assert.Throws<SyncException>(() => ChannelHandshake.Initiate(connection, other.Keys, other.IdentityOne));
        Assert.Contains(e.ErrorId, new[] { "HandshakeRefused", "SessionLost" });
    }

    private static void AssertSilence(ITransportConnection connection, byte[] bytes)
    {
        try
        {
            connection.Write(bytes);
            connection.CloseWrite();
            Assert.Equal(0, connection.Read(new byte[100]));
        }
        catch (SyncException e)
        {
            Assert.Equal("SessionLost", e.ErrorId);
        }

        Assert.Equal(0, connection.BytesRead);
    }
}
