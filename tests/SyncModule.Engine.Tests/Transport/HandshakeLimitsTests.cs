using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

public sealed class HandshakeLimitsTests
{
    private static readonly PeerAddress Stranger = PeerAddress.Parse("203.0.113.7:999");
    private static readonly PeerAddress Honest = PeerAddress.Parse("198.51.100.3:999");

    [Fact]
    public void Idle_connections_never_keep_an_honest_peer_out()
    {
        var limits = new HandshakeLimits(new ManualTime());
        int evicted = 0;
        for (int i = 0; i < 201; i++) Assert.NotNull(limits.TryEnter(Stranger, () => evicted++));
        Assert.Equal(64, limits.HalfOpenCount);
        Assert.Equal(201 - 64, evicted);
        using var honest = limits.TryEnter(Honest, () => Assert.Fail("evicted"));
        Assert.NotNull(honest);
        Assert.True(honest.TryFirstPacket());
        for (int i = 0; i < 500; i++) limits.TryEnter(Stranger, () => { });
        Assert.Equal(64, limits.HalfOpenCount);
    }

    [Fact]
    public void Peers_that_proved_themselves_are_never_evicted()
    {
        var limits = new HandshakeLimits(new ManualTime());
        var proven = Enumerable.Range(0, 64).Select(i =>
        {
            var h = limits.TryEnter(Honest, () => Assert.Fail("evicted"))!;
            Assert.True(h.TryFirstPacket());
            Assert.True(h.TryProve(Ephemeral(i)));
            return h;
        }).ToArray();
        Assert.Null(limits.TryEnter(Stranger, () => { }));
        proven[31].Dispose();
        proven[31].Dispose();
        Assert.Equal(63, limits.HalfOpenCount);
        Assert.NotNull(limits.TryEnter(Stranger, () => { }));
    }

    [Fact]
    public void Wrong_first_packets_empty_the_bucket_of_their_address_and_time_fills_it()
    {
        var time = new ManualTime();
        var limits = new HandshakeLimits(time, new HandshakeLimitOptions { Burst = 3, PerSecond = 2 });
        using var h = limits.TryEnter(Stranger, () => { })!;
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => h.TryFirstPacket()));
        using var other = limits.TryEnter(Honest, () => { })!;
        Assert.True(other.TryFirstPacket());
        time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(h.TryFirstPacket());
        time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.True(h.TryFirstPacket());
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => h.TryFirstPacket()));
    }

    [Fact]
    public void A_member_that_connects_often_runs_out_of_nothing()
    {
        var limits = new HandshakeLimits(new ManualTime(), new HandshakeLimitOptions { Burst = 2 });
        for (int i = 0; i < 500; i++)
        {
            using var h = limits.TryEnter(Honest, () => { })!;
            Assert.True(h.TryFirstPacket());
            Assert.True(h.TryProve(Ephemeral(i)));
        }
    }

    [Fact]
    public void A_repeated_ephemeral_is_refused_and_the_memory_is_bounded()
    {
        var limits = new HandshakeLimits(new ManualTime(), new HandshakeLimitOptions { Ephemerals = 5, Burst = 1_000 });
        using var h = limits.TryEnter(Honest, () => { })!;
        Assert.True(h.TryProve(Ephemeral(1)));
        Assert.False(h.TryProve(Ephemeral(1)));
        for (int i = 2; i <= 5; i++) Assert.True(h.TryProve(Ephemeral(i)));
        Assert.False(h.TryProve(Ephemeral(1)));
        Assert.True(h.TryProve(Ephemeral(6))); // forgets 1, the oldest
        Assert.False(h.TryProve(Ephemeral(2)));
        Assert.True(h.TryProve(Ephemeral(1)));
    }

    [Fact]
    public void Addresses_of_one_ipv6_network_share_a_bucket_and_beyond_the_limit_all_share_one()
    {
        var limits = new HandshakeLimits(new ManualTime(), new HandshakeLimitOptions { Burst = 1, Addresses = 2 });
        Assert.True(First("2001:db8:1:2::5"));
        Assert.False(First("2001:db8:1:2:9::1"));
        Assert.True(First("2001:db8:1:3::5"));
        Assert.True(First("192.0.2.1"));  // the shared one
        Assert.False(First("192.0.2.2"));

        bool First(string address)
        {
            using var h = limits.TryEnter(PeerAddress.Parse(address), () => { })!;
            return h.TryFirstPacket();
        }
    }

    private static byte[] Ephemeral(int i)
    {
        var e = new byte[32];
        BitConverter.TryWriteBytes(e.AsSpan(7), i);
        return e;
    }
}
