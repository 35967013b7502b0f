using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class MembershipPhaseTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UnequalHeadsAreExchangedFirstThenTheData(bool early)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var (a, b) = Contents.Random(seed);
            a.WriteMember(1, FakeReplica.Bytes32("device", 5));
            if (seed % 2 == 0) b.WriteMember(1, FakeReplica.Bytes32("device", 6));
            var pair = new SessionPair(a, b, seed, early: early).Run();
            Assert.Equal((null, null), (pair.A.Closed!.Kind, pair.B.Closed!.Kind));
            Assert.Equal(a.MembershipHeads.Order(), b.MembershipHeads.Order());
            Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
            Assert.Equal(a.Objects.Keys, b.Objects.Keys);
            Assert.True(pair.B.Sent.IndexOf(FrameType.Members) < pair.B.Sent.IndexOf(FrameType.Vector));
        }
    }

    [Fact]
    public void ARemovedDeviceLearnsOfItsRemovalAndNothingElse()
    {
        var (b, a) = (new FakeReplica(0), new FakeReplica(2));
        FakeReplica.Found(b, new FakeReplica(1), a);
        b.Write([b.AddObject([7])]);
        b.WriteMember(2, a.Device);
        var pair = new SessionPair(a, b).Run();
        Assert.Equal(SyncErrors.NotAMember, pair.A.Closed!.Kind);
        Assert.Equal(SyncErrors.NotAMember, pair.B.Closed!.Kind);
        Assert.False(a.IsMember(a.Device));
        Assert.DoesNotContain(FrameType.Vector, pair.B.Sent);
        Assert.DoesNotContain(FrameType.Data, pair.B.Sent);
        Assert.All(pair.B.Effects.OfType<StoreCommits>(), s => Assert.Equal(Lane.Membership, s.Lane));
        Assert.Empty(pair.A.Replica.DataOrder);
    }

    [Theory]
    [InlineData(4_200, 0)]
    [InlineData(0, 1)]
    public void AStrangerMaySendOnlySoMuch(int commits, int tooLarge)
    {
        var (a, b) = Contents.Founded();
        var end = new SessionEnd(a, SessionRole.Responder, SessionPair.Options(1));
        end.Handle(new SessionStarted(0, FakeReplica.Bytes32("device", 9), a.CurrentEpoch!.Value, default));
        end.Receive(Hello([FakeReplica.Bytes32("head", 1)]));
        end.Receive(Frame(FrameType.Members, new MembersMessage(MembersStage.Have, [], new VersionVector()).Encode()));
        var record = b.CommitsById([b.WriteMember(1, FakeReplica.Bytes32("device", 8))])[0];
        if (tooLarge > 0) record = record with { Blocks = [new byte[CommitHeader.MaxBlockBytes]] };
        end.Receive(Frame(FrameType.Commits, new CommitsMessage([.. Enumerable.Repeat(record, Math.Max(commits, 1))]).Encode()));
        Assert.Equal(SyncErrors.NotAMember, end.Closed!.Kind);
        Assert.DoesNotContain(end.Effects, e => e is StoreCommits);
    }

    [Fact]
    public void DataCommitsDuringPhaseMAreAViolation()
    {
        var (a, b) = Contents.Small();
        var end = new SessionEnd(a, SessionRole.Responder, SessionPair.Options(1));
        end.Handle(new SessionStarted(0, b.Device, a.CurrentEpoch!.Value, default));
        end.Receive(Hello([FakeReplica.Bytes32("head", 1)]));
        end.Receive(Frame(FrameType.Members, new MembersMessage(MembersStage.Have, [], new VersionVector()).Encode()));
        end.Receive(Frame(FrameType.Commits, new CommitsMessage(b.CommitsById([b.DataOrder[0]])).Encode()));
        Assert.Equal(SyncErrors.ProtocolViolation, end.Closed!.Kind);
    }

    [Fact]
    public void AMembershipCommitThatDoesNotVerifyEndsPhaseM()
    {
        var (a, b) = Contents.Small();
        a.WriteMember(1, FakeReplica.Bytes32("device", 5), badSignature: true);
        var pair = new SessionPair(a, b).Run();
        Assert.Equal(SyncErrors.ProtocolViolation, pair.B.Closed!.Kind);
        Assert.Equal(SyncErrors.ProtocolViolation, pair.A.Closed!.Kind);
    }

    [Fact]
    public void AnEpochThatIsNotCurrentAsksForANewHandshakeOnBothSides()
    {
        var (a, b) = Contents.Small();
        var old = a.CurrentEpoch!.Value;
        a.WriteMember(3, FakeReplica.Bytes32("epoch", 2));
        var pair = new SessionPair(a, b, epoch: old).Run();
        foreach (var end in new[] { pair.A, pair.B })
        {
            Assert.Single(end.Effects.OfType<Rehandshake>());
            Assert.Null(end.Closed!.Kind);
            Assert.DoesNotContain(FrameType.Vector, end.Sent);
        }

        var again = new SessionPair(a, b).Run();
        Assert.Contains(SessionSignal.Synced, again.A.Signals);
    }

    [Fact]
    public void WithoutACurrentEpochNothingOfTheDataIsSaid()
    {
        var (a, b) = Contents.Small();
        var epoch = a.CurrentEpoch;
        a.Tainted = b.Tainted = true;
        var pair = new SessionPair(a, b, epoch: epoch).Run();
        foreach (var end in new[] { pair.A, pair.B })
        {
            Assert.Equal(SyncErrors.NotCurrent, end.Closed!.Kind);
            Assert.DoesNotContain(FrameType.Vector, end.Sent);
        }
    }

    private static byte[] Hello(Id32[] heads) => Frame(FrameType.Hello, new HelloMessage(default, null, 1, 1, [], true, heads, null, SessionIntent.Push | SessionIntent.Pull).Encode());

    private static byte[] Frame(FrameType type, byte[] body)
    {
        var writer = new FrameWriter();
        writer.Write(type, body);
        return writer.Detach().ToArray();
    }
}
