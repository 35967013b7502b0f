using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class JoinSessionTests
{
    private static readonly Id32 One = FakeReplica.Bytes32("id", 1);
    private static readonly GrantMessage Grant = new(One, [new([1, 2], [[3]], [])], [new(One, One)], "desk", ["[::1]:4711", "desk.local"]);

    private static FrameReceived Frame(Send send)
    {
        var reader = new FrameReader();
        ReadOnlySpan<byte> bytes = send.Frames.Span;
        Assert.True(reader.TryRead(ref bytes, out var frame));
        return new(0, frame.Type, frame.Body);
    }

    [Fact]
    public void TheAddIsDurableBeforeAnySecretIsSentAndBothEndInOrder()
    {
        var (joiner, inviter) = (JoinSession.Joiner("läptop", [1, 2, 3]), JoinSession.Inviter());
        var join = Assert.IsType<Send>(Assert.Single(joiner.Handle(new JoinStarted(0))));
        var add = Assert.IsType<AddMember>(Assert.Single(inviter.Handle(Frame(join))));
        Assert.Equal("läptop", add.Name);
        Assert.Equal([1, 2, 3], add.Certificate);
        Assert.Empty(inviter.Handle(new Tick(1_000_000)));
        var grant = Assert.IsType<Send>(Assert.Single(inviter.Handle(new MemberAdded(0, Grant))));
        var granted = Assert.IsType<Granted>(Assert.Single(joiner.Handle(Frame(grant)))).Grant;
        Assert.Equal(Grant.Encode(), granted.Encode());
        var end = joiner.Handle(new GrantStored(0));
        Assert.Equal(new Close(null, "joined"), end[1]);
        Assert.Equal(new Close(null, "joined"), Assert.Single(inviter.Handle(Frame((Send)end[0]))));
        Assert.True(joiner.Ended && inviter.Ended);
    }

    [Theory]
    [InlineData("InviteExpired")]
    [InlineData("InviteUsed")]
    public void ARefusalReachesTheJoinerByItsName(string id)
    {
        var kind = SyncErrors.All.Single(k => k.Id == id);
        var (joiner, inviter) = (JoinSession.Joiner("x", [1]), JoinSession.Inviter());
        inviter.Handle(Frame((Send)joiner.Handle(new JoinStarted(0))[0]));
        var refused = inviter.Handle(new MemberRefused(0, kind, "it ran out at noon"));
        Assert.Equal(kind, ((Close)refused[1]).Kind);
        var close = (Close)Assert.Single(joiner.Handle(Frame((Send)refused[0])));
        Assert.Equal(kind, close.Kind);
        Assert.Contains("noon", close.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void AGrantThatDoesNotFitIsRefusedAndThePeerIsTold()
    {
        var (joiner, inviter) = (JoinSession.Joiner("x", [1]), JoinSession.Inviter());
        inviter.Handle(Frame((Send)joiner.Handle(new JoinStarted(0))[0]));
        joiner.Handle(Frame((Send)inviter.Handle(new MemberAdded(0, Grant))[0]));
        var end = joiner.Handle(new GrantRefused(0, SyncErrors.InviteInvalid, "the genesis is another vault's"));
        Assert.Equal(SyncErrors.InviteInvalid, ((Close)end[1]).Kind);
        Assert.Equal(SyncErrors.SessionLost, ((Close)inviter.Handle(Frame((Send)end[0]))[0]).Kind);
    }

    [Fact]
    public void AGrantThatIsTooLargeForAFrameIsAnErrorAndNoException()
    {
        var (joiner, inviter) = (JoinSession.Joiner("x", [1]), JoinSession.Inviter());
        inviter.Handle(Frame((Send)joiner.Handle(new JoinStarted(0))[0]));
        var large = Grant with { Membership = [.. Enumerable.Repeat(new CommitBundle([1], [new byte[1 << 20]], []), 9)] };
        Assert.Equal(SyncErrors.MessageTooLarge, ((Close)inviter.Handle(new MemberAdded(0, large))[^1]).Kind);
    }

    [Fact]
    public void EverythingElseClosesAndSilenceDoesToo()
    {
        foreach (bool joining in new[] { true, false })
        {
            foreach (var (type, body) in MessageTests.WellFormed.Where(s => s.Type is not (FrameType.Ping or FrameType.Error)))
            {
                var session = joining ? JoinSession.Joiner("x", [1]) : JoinSession.Inviter();
                if (joining) session.Handle(new JoinStarted(0));
                if (type == (joining ? FrameType.Grant : FrameType.Join)) continue;
                Assert.Equal(SyncErrors.ProtocolViolation, ((Close)session.Handle(new FrameReceived(0, type, body))[^1]).Kind);
            }

            var silent = joining ? JoinSession.Joiner("x", [1]) : JoinSession.Inviter();
            silent.Handle(joining ? new JoinStarted(0) : new Tick(0));
            Assert.Empty(silent.Handle(new Tick(44_999)));
            Assert.Equal(SyncErrors.SessionTimeout, ((Close)silent.Handle(new Tick(45_000))[^1]).Kind);
        }
    }
}
