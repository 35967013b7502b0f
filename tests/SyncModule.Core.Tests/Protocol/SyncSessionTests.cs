using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class SyncSessionTests
{
    [Fact]
    public void AnyTwoReplicasHoldTheUnionAfterASession()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            var (a, b) = Contents.Random(seed);
            var commits = a.DataOrder.Union(b.DataOrder).Order().ToArray();
            var objects = a.Objects.Keys.Union(b.Objects.Keys).Order().ToArray();
            var pair = new SessionPair(a, b, seed, early: seed % 3 > 0).Run();
            Assert.Equal((null, null), (pair.A.Closed!.Kind, pair.B.Closed!.Kind));
            foreach (var replica in new[] { a, b })
            {
                Assert.Equal(commits, replica.DataOrder.Order());
                Assert.Equal(objects, replica.Objects.Keys);
            }

            Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
        }
    }

    [Fact]
    public void APullOnlyInitiatorSendsNothing() => OneWay(new() { SessionId = default, Push = false }, aGets: true, bGets: false);

    [Fact]
    public void APushOnlyInitiatorTakesNothing() => OneWay(new() { SessionId = default, Pull = false }, aGets: false, bGets: true);

    private static void OneWay(SessionOptions options, bool aGets, bool bGets)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var (a, b) = Contents.Random(seed);
            var (ofA, ofB) = (a.DataOrder.ToArray(), b.DataOrder.ToArray());
            var all = ofA.Union(ofB).ToHashSet();
            var objects = a.Objects.Keys.Union(b.Objects.Keys).ToHashSet();
            var pair = new SessionPair(a, b, seed, options).Run();
            Assert.Null(pair.A.Closed!.Kind);
            Assert.Null(pair.B.Closed!.Kind);
            Assert.True((aGets ? all : [.. ofA]).SetEquals(a.DataOrder));
            Assert.True((bGets ? all : [.. ofB]).SetEquals(b.DataOrder));
            if (aGets) Assert.True(objects.SetEquals(a.Objects.Keys));
            if (bGets) Assert.True(objects.SetEquals(b.Objects.Keys));
            var silent = aGets ? pair.A : pair.B;
            Assert.DoesNotContain(FrameType.Commits, silent.Sent);
            Assert.DoesNotContain(FrameType.Data, silent.Sent);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BothEndsAskForTheRoundTripAndAreAnsweredBeforeTheSessionEnds(bool early)
    {
        var (a, b) = Contents.Random(7);
        for (int round = 0; round < 2; round++)
        {
            var pair = new SessionPair(a, b, round, early: early).Run();
            foreach (var end in new[] { pair.A, pair.B })
            {
                Assert.Single(end.Effects.OfType<PingSent>());
                Assert.Single(end.Effects.OfType<PingAnswered>());
                Assert.Equal(2, end.Sent.Count(t => t == FrameType.Ping));
                Assert.Equal(SessionState.Closed, end.Session.State);
            }
        }
    }

    [Fact]
    public void AnAnswerThatNobodyAskedForTellsNothing()
    {
        var (a, b) = Contents.Small();
        var pair = new SessionPair(a, b, 1, SessionPair.Options(1) with { Follow = true }, SessionPair.Options(2) with { Follow = true }).Run();
        int answered = pair.A.Effects.OfType<PingAnswered>().Count();
        for (ulong nonce = 0; nonce < 3; nonce++) pair.A.Handle(new FrameReceived(0, FrameType.Ping, new PingMessage(nonce, Answer: true).Encode()));
        Assert.Equal(answered, pair.A.Effects.OfType<PingAnswered>().Count());
        Assert.Null(pair.A.Closed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EqualReplicasAreUpToDateInTwoKilobytes(bool agreedBefore)
    {
        var (a, b) = Contents.Random(7);
        new SessionPair(a, b).Run();
        var agreed = agreedBefore ? a.Held(Lane.Data) : null;
        var pair = new SessionPair(a, b, 2, SessionPair.Options(3) with { LastAgreed = agreed }, SessionPair.Options(4) with { LastAgreed = agreed }).Run();
        Assert.Contains(SessionSignal.UpToDate, pair.A.Signals);
        Assert.Contains(SessionSignal.UpToDate, pair.B.Signals);
        Assert.InRange(pair.EarlyBytes + pair.A.BytesSent + pair.B.BytesSent, 1, 2_048);
    }

    [Fact]
    public void AManyLoggedVaultThatAgreedIsStillUpToDateInTwoKilobytes()
    {
        var (a, b) = Contents.Founded();
        for (int log = 0; log < 65; log++) a.Write([], log: FakeReplica.Log("other", log));
        new SessionPair(a, b).Run();
        var agreed = a.Held(Lane.Data);
        var pair = new SessionPair(a, b, 2, SessionPair.Options(3) with { LastAgreed = agreed }, SessionPair.Options(4) with { LastAgreed = agreed }).Run();
        Assert.Contains(SessionSignal.UpToDate, pair.A.Signals);
        Assert.InRange(pair.EarlyBytes + pair.A.BytesSent + pair.B.BytesSent, 1, 2_048);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void AnAgreedVectorThatOneSideHasNoMoreCostsARoundAndNothingElse(bool early, bool initiatorKnows)
    {
        var (a, b) = Contents.Random(11);
        var stale = a.Held(Lane.Data);
        stale.Set(FakeReplica.Log("x", 1), new Tip(3, FakeReplica.Bytes32("x", 1)));
        var pair = new SessionPair(a, b, 3, SessionPair.Options(3) with { LastAgreed = initiatorKnows ? stale : null }, SessionPair.Options(4) with { LastAgreed = initiatorKnows ? null : stale }, early).Run();
        Assert.Null(pair.A.Closed!.Kind);
        Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
        Assert.Equal(a.Objects.Keys, b.Objects.Keys);
    }

    [Fact]
    public void CutAnywhereTheNextSessionCompletesAndOnlyEqualFullReplicasAreUpToDate()
    {
        long total = Cut(long.MaxValue);
        // Each byte of the talk; inside the one large object coarser steps do.
        for (long cut = 1; cut < total; cut += cut is > 2_000 and < 66_000 ? 1_999 : 1) Cut(cut);
    }

    private static long Cut(long bytes)
    {
        var (a, b) = Contents.Small();
        var first = new SessionPair(a, b, 5).Run(bytes);
        if (bytes < long.MaxValue) Assert.Equal(SyncErrors.SessionLost, (first.A.Closed!.Kind ?? first.B.Closed!.Kind) ?? SyncErrors.SessionLost);
        bool complete = a.Full && b.Full && a.Held(Lane.Data).SameAs(b.Held(Lane.Data));
        var second = new SessionPair(a, b, 6).Run();
        Assert.Null(second.A.Closed!.Kind);
        Assert.Equal(complete, second.A.Signals.Contains(SessionSignal.UpToDate));
        Assert.True(a.Full && b.Full && a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
        var third = new SessionPair(a, b, 7).Run();
        Assert.Contains(SessionSignal.UpToDate, third.A.Signals);
        return first.Delivered;
    }

    [Fact]
    public void AnObjectThatNobodyHasIsNeverUpToDate()
    {
        var (a, b) = Contents.Founded();
        a.Write([FakeReplica.Bytes32("lost", 1)]);
        for (int round = 0; round < 3; round++)
        {
            var pair = new SessionPair(a, b, round).Run();
            Assert.Null(pair.A.Closed!.Kind);
            Assert.Contains(SessionSignal.Partial, pair.A.Signals);
            Assert.Contains(SessionSignal.Partial, pair.B.Signals);
            Assert.DoesNotContain(SessionSignal.UpToDate, pair.A.Signals);
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void BytesThatAreMissingAtEitherEndLeaveAOneWaySyncPartial(bool push, bool missingAtInitiator)
    {
        var (a, b) = Contents.Random(21);
        new SessionPair(a, b).Run();
        (missingAtInitiator ? a : b).Objects.Clear();
        bool moves = push != missingAtInitiator;
        for (int round = 0; round < 2; round++)
        {
            var pair = new SessionPair(a, b, round, SessionPair.Options(3) with { Push = push, Pull = !push }).Run();
            Assert.Null(pair.A.Closed!.Kind);
            Assert.Equal(!moves, pair.A.Signals.Contains(SessionSignal.Partial));
            Assert.Equal(!moves, pair.B.Signals.Contains(SessionSignal.Partial));
            Assert.Equal(moves && round > 0, pair.A.Signals.Contains(SessionSignal.UpToDate));
            Assert.Equal(moves ? "complete" : "bytes or commits that others name are still missing " + (missingAtInitiator ? "here" : "at the peer"), pair.A.Closed.Detail);
        }

        var both = new SessionPair(a, b, 5).Run();
        Assert.DoesNotContain(SessionSignal.Partial, both.A.Signals);
        Assert.Contains(SessionSignal.UpToDate, new SessionPair(a, b, 6).Run().A.Signals);
    }

    [Fact]
    public void CommitsWithoutTheirObjectsAreHealedByTheNextSession()
    {
        var (a, b) = Contents.Random(21);
        new SessionPair(a, b).Run();
        var lost = b.Objects.Keys.ToArray();
        b.Objects.Clear();
        var pair = new SessionPair(a, b, 2).Run();
        Assert.Contains(SessionSignal.Synced, pair.A.Signals);
        Assert.Equal(lost, b.Objects.Keys);
    }

    [Fact]
    public void ThousandsOfObjectsGoThroughTheWantPipelineOnce()
    {
        var (a, b) = Contents.Founded();
        for (int c = 0; c < 50; c++) a.Write([.. Enumerable.Range(0, 101).Select(i => a.AddObject(BitConverter.GetBytes((c * 101) + i)))]);
        new SessionPair(a, b).Run();
        b.Objects.Clear(); // the commits are there, so nothing is pushed: each object has to be asked for
        var pair = new SessionPair(a, b, 2).Run();
        Assert.Equal(5_050, b.Objects.Count);
        Assert.Equal(5_050, pair.A.Progress.ObjectsSent);
        Assert.Equal(3, pair.B.Sent.Count(t => t == FrameType.Want));
    }

    [Fact]
    public void FortyMegabytesPassWithBoundedMemory()
    {
        var (a, b) = Contents.Founded();
        var random = new Random(1);
        for (int i = 0; i < 44; i++)
        {
            var bytes = new byte[987_653];
            random.NextBytes(bytes);
            a.Write([a.AddObject(bytes)]);
        }

        var pair = new SessionPair(a, b, 2).Run();
        Assert.Equal(44, b.Objects.Count);
        Assert.InRange(pair.B.MostPending, 1, SessionLimits.InitialCredit);
        Assert.All(pair.A.Effects.OfType<Send>(), s => Assert.InRange(s.Frames.Length, 1, 2 << 20));
    }

    [Fact]
    public void ADamagedObjectIsNotAskedForAgainAndLeavesTheSyncPartial()
    {
        var (a, b) = Contents.Founded();
        var address = a.AddObject(new byte[70_001]);
        a.Write([address]);
        a.Objects[address] = new byte[70_002];
        var pair = new SessionPair(a, b).Run();
        Assert.Contains(SessionSignal.Partial, pair.B.Signals);
        Assert.Equal(1, pair.A.Progress.ObjectsSent);
    }

    [Fact]
    public void ARefusedCommitLeavesTheSyncPartial()
    {
        var (a, b) = Contents.Founded();
        a.Write([], badSignature: true);
        var pair = new SessionPair(a, b).Run();
        Assert.Contains(SessionSignal.Partial, pair.B.Signals);
        Assert.Equal(0, b.Commits);
    }

    [Fact]
    public void ASmallObjectReachesAPullingInitiatorInTheFirstFlightAfterMsg3()
    {
        var (a, b) = Contents.Founded();
        var small = b.AddObject([1, 2, 3]);
        b.Write([small]);
        var options = SessionPair.Options(1) with { Push = false };
        var initiator = new SessionEnd(a, SessionRole.Initiator, options);
        var responder = new SessionEnd(b, SessionRole.Responder, SessionPair.Options(2));
        var epoch = a.CurrentEpoch!.Value;
        var early = initiator.Session.InitiatorEarly(b.Device, epoch);
        initiator.Handle(new SessionStarted(0, b.Device, epoch, early));
        Assert.Empty(initiator.Outgoing);
        responder.Handle(new SessionStarted(0, a.Device, epoch, early));
        while (responder.Outgoing.TryDequeue(out var bytes)) initiator.Receive(bytes);
        Assert.True(a.HasObject(small));
        Assert.Equal(1, a.Commits);
    }

    [Fact]
    public void EqualOperationsWithUnequalStatesAreReported()
    {
        var (a, b) = Contents.Random(4);
        new SessionPair(a, b).Run();
        a.StateDigest = FakeReplica.Bytes32("state", 1);
        b.StateDigest = FakeReplica.Bytes32("state", 2);
        var pair = new SessionPair(a, b).Run();
        Assert.Equal(SyncErrors.StateDiverged, pair.A.Closed!.Kind);
        Assert.Equal(SyncErrors.StateDiverged, pair.B.Closed!.Kind);
        Assert.Contains(SessionSignal.Diverged, pair.A.Signals);
        Assert.DoesNotContain(SessionSignal.UpToDate, pair.A.Signals);
    }

    [Fact]
    public void AResumedSessionIsTakenUpAndToldToBothSides()
    {
        var (a, b) = Contents.Small();
        var old = FakeReplica.Bytes32("session", 9);
        var pair = new SessionPair(a, b, 1, SessionPair.Options(1) with { ResumeId = old }, SessionPair.Options(2) with { Resumable = new HashSet<Id32> { old } }).Run();
        Assert.Contains(SessionSignal.ResumeAccepted, pair.A.Signals);
        Assert.Contains(SessionSignal.ResumeAccepted, pair.B.Signals);
        var unknown = new SessionPair(a, b, 1, SessionPair.Options(1) with { ResumeId = old }).Run();
        Assert.DoesNotContain(SessionSignal.ResumeAccepted, unknown.A.Signals);
        Assert.Null(unknown.A.Closed!.Kind);
    }
}
