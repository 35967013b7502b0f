using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class FollowTests
{
    private static SessionPair Following(FakeReplica a, FakeReplica b) =>
        new SessionPair(a, b, 1, SessionPair.Options(1) with { Follow = true }, SessionPair.Options(2) with { Follow = true }).Run();

    [Fact]
    public void ALocalChangeReachesThePeerInOneCommitsFrameAndComesBackInNone()
    {
        var (a, b) = Contents.Random(3);
        var pair = Following(a, b);
        Assert.Equal((SessionState.Ready, SessionState.Ready), (pair.A.Session.State, pair.B.Session.State));
        foreach (var (from, to) in new[] { (pair.A, pair.B), (pair.B, pair.A), (pair.A, pair.B) })
        {
            from.Sent.Clear();
            to.Sent.Clear();
            to.Effects.Clear();
            var id = from.Replica.Write([from.Replica.AddObject([9]), from.Replica.AddObject(new byte[70_003 + from.Sent.Count])]);
            from.Handle(new LocalChange(0));
            pair.Run();
            to.Handle(new LocalChange(0)); // it has nothing of its own to tell
            pair.Run();
            Assert.Single(to.Replica.CommitsById([id]));
            Assert.True(to.Replica.Full);
            Assert.Equal(1, from.Sent.Count(t => t == FrameType.Commits));
            Assert.DoesNotContain(FrameType.Commits, to.Sent);
            Assert.True(from.Effects.OfType<PeerAcknowledged>().Last().Held.SameAs(from.Replica.Held(Lane.Data)));
            Assert.True(from.Effects.OfType<PeerAcknowledged>().Last().Full);
        }
    }

    [Fact]
    public void OwnCommitsGoFromMemoryAndAnythingElseIsLookedUp()
    {
        var (a, b) = Contents.Small();
        var pair = Following(a, b);
        FreshCommits? Last(VersionVector theirs)
        {
            var (log, tips) = a.Held(Lane.Data).Logs.Single(l => !theirs[l.Key].SequenceEqual(l.Value));
            return new(log, a.CommitsById([tips[^1].Id]), tips[^1]);
        }

        a.Remembered = Last;
        int looks = a.Looks;
        for (int i = 0; i < 3; i++)
        {
            pair.A.Sent.Clear();
            a.Write([], salt: i);
            pair.A.Handle(new OwnCommits(0));
            pair.Run();
            Assert.Equal([FrameType.Commits, FrameType.Complete], pair.A.Sent);
        }

        Assert.Equal(looks, a.Looks);
        Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));

        // Something else came as well: memory does not know of it.
        var id = a.Write([], log: new(new byte[] { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 }));
        a.Write([], salt: 9);
        a.Remembered = _ => throw new InvalidOperationException("not to be asked");
        pair.A.Handle(new LocalChange(0));
        pair.Run();
        Assert.Single(b.CommitsById([id]));

        // And where memory is not certain, the usual way is taken.
        a.Remembered = _ => null;
        id = a.Write([], salt: 10);
        pair.A.Handle(new OwnCommits(0));
        pair.Run();
        Assert.Single(b.CommitsById([id]));
        Assert.True(a.Looks > looks);
    }

    [Fact]
    public void ManyChangesOnBothSidesConverge()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var (a, b) = Contents.Random(seed);
            var pair = Following(a, b);
            for (int i = 0; i < 30; i++)
            {
                var end = random.Next(2) == 0 ? pair.A : pair.B;
                end.Replica.Write([end.Replica.AddObject(BitConverter.GetBytes(random.Next()))], salt: i);
                end.Handle(new LocalChange(0));
                if (random.Next(3) == 0) pair.Run();
            }

            pair.Run();
            Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
            Assert.Equal(a.Objects.Keys, b.Objects.Keys);
            Assert.Null(pair.A.Closed);
        }
    }

    [Fact]
    public void AnObjectThatArrivesLaterIsAskedForAgain()
    {
        var (a, b) = Contents.Founded();
        byte[] late = [1, 2, 3, 4, 5];
        var address = a.AddObject(late);
        a.Write([address]);
        a.Objects.Clear();
        var pair = Following(a, b);
        Assert.Contains(SessionSignal.Partial, pair.B.Signals);
        a.AddObject(late);
        pair.A.Handle(new LocalChange(0));
        pair.Run();
        Assert.True(b.HasObject(address));
    }

    [Fact]
    public void AMemberThatIsAddedReachesThePeerInTheOpenSession()
    {
        var (a, b) = Contents.Small();
        var pair = Following(a, b);
        a.WriteMember(1, FakeReplica.Bytes32("device", 5));
        a.Write([]);
        pair.A.Handle(new LocalChange(0));
        pair.Run();
        Assert.Equal(a.MembershipHeads, b.MembershipHeads);
        Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
        Assert.Equal(SessionState.Ready, pair.B.Session.State);
    }

    [Fact]
    public void ARemovedPeerGetsNoFrameMoreAndANewEpochEndsTheSession()
    {
        var (a, b) = Contents.Small();
        var pair = Following(a, b);
        pair.A.Sent.Clear();
        a.WriteMember(2, b.Device);
        a.Write([]);
        pair.A.Handle(new LocalChange(0));
        Assert.Equal(SyncErrors.NotAMember, pair.A.Closed!.Kind);
        Assert.Equal([FrameType.Error], pair.A.Sent);

        (a, b) = Contents.Small();
        pair = Following(a, b);
        a.WriteMember(3, FakeReplica.Bytes32("epoch", 7));
        pair.A.Handle(new LocalChange(0));
        pair.Run();
        Assert.Single(pair.A.Effects.OfType<Rehandshake>());
        Assert.Single(pair.B.Effects.OfType<Rehandshake>());
        Assert.Null(pair.B.Closed!.Kind);
    }

    [Fact]
    public void StatesAreComparedWhenChangesHaveCeasedAndNotWithEachOfThem()
    {
        var (a, b) = Contents.Small();
        int asked = 0;
        a.OnStateDigest = b.OnStateDigest = () => asked++;
        var pair = Following(a, b);
        (a.StateDigest, b.StateDigest) = (FakeReplica.Bytes32("state", 1), FakeReplica.Bytes32("state", 2));
        asked = 0;
        for (int i = 0; i < 3; i++)
        {
            a.Write([]);
            pair.B.Handle(new Tick(1_000 * i)); // it has no other clock here
            pair.A.Handle(new LocalChange(1_000 * i));
            pair.Run();
        }

        Assert.Equal(0, asked);
        foreach (var end in new[] { pair.A, pair.B }) end.Handle(new Tick(11_999));
        pair.Run();
        Assert.Equal(0, asked);
        foreach (var end in new[] { pair.A, pair.B }) end.Handle(new Tick(12_000));
        pair.Run();
        Assert.Equal(2, asked);
        Assert.Single(pair.A.Signals, SessionSignal.Diverged);
        Assert.Single(pair.B.Signals, SessionSignal.Diverged);
        foreach (var end in new[] { pair.A, pair.B }) end.Handle(new Tick(40_000));
        pair.Run();
        Assert.Equal(2, asked);
    }

    [Fact]
    public void AnIdlePeerIsAskedAndASilentOneIsGivenUp()
    {
        var (a, b) = Contents.Small();
        var pair = Following(a, b);
        pair.A.Sent.Clear();
        pair.A.Handle(new Tick(14_999));
        Assert.Empty(pair.A.Sent);
        pair.A.Handle(new Tick(15_000));
        pair.A.Handle(new Tick(29_999));
        Assert.Equal([FrameType.Ping], pair.A.Sent);
        var ping = pair.A.Outgoing.Dequeue();
        pair.B.Receive(ping);
        Assert.Equal(FrameType.Ping, pair.B.Sent[^1]);
        var answer = new FrameReader();
        ReadOnlySpan<byte> bytes = pair.B.Outgoing.Dequeue();
        Assert.True(answer.TryRead(ref bytes, out var frame));
        pair.A.Handle(new FrameReceived(30_000, frame.Type, frame.Body));
        pair.A.Handle(new Tick(74_999));
        Assert.Null(pair.A.Closed);
        pair.A.Handle(new Tick(75_000));
        Assert.Equal(SyncErrors.SessionTimeout, pair.A.Closed!.Kind);
    }

    [Fact]
    public void ALargeFrameOnASlowLineIsNoSilenceAndAReceiverIsNotMute()
    {
        var (a, b) = Contents.Small();
        var pair = Following(a, b);
        pair.A.Sent.Clear();
        for (long now = 1_000; now <= 300_000; now += 1_000)
        {
            pair.A.Handle(new BytesArrived(now));
            pair.A.Handle(new Tick(now));
        }

        Assert.Null(pair.A.Closed);
        Assert.Equal(20, pair.A.Sent.Count(t => t == FrameType.Ping));
        Assert.Equal(20, pair.A.Sent.Count);
    }

    [Fact]
    public void OneSideThatDoesNotFollowEndsTheSession()
    {
        var (a, b) = Contents.Small();
        var pair = new SessionPair(a, b, 1, SessionPair.Options(1) with { Follow = true }).Run();
        Assert.Null(pair.A.Closed!.Kind);
        Assert.Null(pair.B.Closed!.Kind);
    }
}
