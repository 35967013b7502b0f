using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class HostilePeerTests
{
    private static readonly SessionState[] Reachable = [SessionState.Handshake, SessionState.Negotiate, SessionState.Members, SessionState.Compare, SessionState.Exchange, SessionState.Complete, SessionState.Ready, SessionState.Closed, SessionState.Error];

    // A session of device 0 that stands in the state that is asked for, with the frames that a peer would have sent to bring it there.
    private static SessionEnd In(SessionState state, SessionRole role = SessionRole.Initiator)
    {
        var (a, b) = Contents.Founded();
        var end = new SessionEnd(a, role, SessionPair.Options(1) with { Follow = true });
        if (state == SessionState.Handshake) return end;
        end.Handle(new SessionStarted(0, b.Device, a.CurrentEpoch!.Value, default));
        if (state == SessionState.Negotiate) return end;
        if (state == SessionState.Error) end.Receive([0xEE]);
        var heads = state == SessionState.Members ? [FakeReplica.Bytes32("head", 1)] : a.MembershipHeads;
        Feed(end, FrameType.Hello, new HelloMessage(default, null, 1, 1, [], true, heads, a.CurrentEpoch, SessionIntent.Push | SessionIntent.Pull | (state == SessionState.Closed ? 0 : SessionIntent.Follow)).Encode());
        if (state is SessionState.Members or SessionState.Compare or SessionState.Error) return end;
        Feed(end, FrameType.Vector, VectorMessage.Whole(b.Held(Lane.Data)).Encode());
        if (state == SessionState.Exchange) return end;
        Feed(end, FrameType.Complete, new CompleteMessage(CompleteReason.CommitsSent, 0, 0, 0).Encode());
        if (state == SessionState.Complete) return end;
        Feed(end, FrameType.Ack, new AckMessage(VectorMessage.Same(b.Held(Lane.Data)), 0, true, default, null, default).Encode());
        Feed(end, FrameType.Complete, new CompleteMessage(CompleteReason.Satisfied, 0, 0, 0).Encode());
        return end;
    }

    private static void Feed(SessionEnd end, FrameType type, byte[] body) => end.Handle(new FrameReceived(0, type, body));

    [Fact]
    public void TheScriptReachesEveryState()
    {
        foreach (var state in Reachable) Assert.Equal(state, In(state).Session.State);
        Assert.Equal(Enum.GetValues<SessionState>().Order(), Reachable.Order());
    }

    [Fact]
    public void EveryFrameInEveryStateIsTakenOrClosesTheSession()
    {
        // What is allowed by the table in SyncSession; everything else has to close. PING is answered, ERROR ends.
        FrameType[] phaseD = [FrameType.Vector, FrameType.Commits, FrameType.Data, FrameType.Want, FrameType.Accept, FrameType.Ack, FrameType.Complete, FrameType.Notify, FrameType.Range, FrameType.Fork, FrameType.Window];
        foreach (var state in Reachable.Except([SessionState.Closed, SessionState.Error]))
        {
            foreach (var (type, body) in MessageTests.WellFormed)
            {
                var end = In(state);
                Feed(end, type, body);
                bool allowed = type == FrameType.Ping || state switch
                {
                    SessionState.Handshake => false,
                    SessionState.Negotiate => type == FrameType.Hello,
                    SessionState.Members => type is FrameType.Members or FrameType.Window,
                    _ => phaseD.Contains(type),
                };
                if (state == SessionState.Handshake || type == FrameType.Error || !allowed) Assert.NotNull(end.Closed);
                if (end.Closed is null) Assert.True(allowed, $"{type} in {state}");
                if (!allowed && state != SessionState.Handshake && type != FrameType.Error) Assert.Equal(SyncErrors.ProtocolViolation, end.Closed!.Kind);
            }
        }
    }

    [Fact]
    public void AnEndedSessionDoesNothingMore()
    {
        foreach (var state in new[] { SessionState.Closed, SessionState.Error })
        {
            var end = In(state);
            int before = end.Effects.Count;
            foreach (var (type, body) in MessageTests.WellFormed) Feed(end, type, body);
            end.Handle(new Tick(1_000_000));
            end.Handle(new Writable(0));
            end.Handle(new LocalChange(0));
            end.Handle(new TransportClosed(0));
            Assert.Equal(before, end.Effects.Count);
            Assert.IsType<Close>(end.Effects[^1]);
        }
    }

    [Fact]
    public void EveryEventInEveryStateIsHarmless()
    {
        foreach (var state in Reachable)
        {
            foreach (SessionEvent e in new SessionEvent[] { new CommitsStored(0, 1, 0, 0), new ObjectsStored(0, [default], [default]), new LocalChange(0), new Writable(0), new Tick(1), new TransportClosed(0), new FramingFailed(0, SyncErrors.MessageTooLarge, "x"), new SessionStarted(0, default, default, default) })
            {
                In(state).Handle(e);
            }
        }
    }

    [Fact]
    public void AHundredThousandGarbageInputsOnlyClose()
    {
        var random = new Random(17);
        var bodies = MessageTests.WellFormed.ToArray();
        var types = Enum.GetValues<FrameType>();
        for (int i = 0; i < 100_000; i++)
        {
            var end = In(Reachable[1 + (i % 6)], (SessionRole)(i & 1));
            for (int n = 0; n < 3 && end.Closed is null; n++)
            {
                var (type, body) = bodies[random.Next(bodies.Length)];
                body = body.ToArray();
                switch (random.Next(3))
                {
                    case 0: random.NextBytes(body); break;
                    case 1: body[random.Next(body.Length)] = (byte)random.Next(256); break;
                    default: body = body[..random.Next(body.Length)]; break;
                }

                end.Handle(new FrameReceived(0, random.Next(4) == 0 ? types[random.Next(types.Length)] : type, body));
            }

            Assert.True(end.Effects.OfType<Close>().Count() <= 1);
            Assert.True(end.Closed is null || ReferenceEquals(end.Closed, end.Effects[^1]));
        }
    }

    [Fact]
    public void GarbageInMsg3OnlyCloses()
    {
        var random = new Random(4);
        var (a, b) = Contents.Small();
        var good = new SyncSession(b, SessionRole.Initiator, SessionPair.Options(1)).InitiatorEarly(a.Device, a.CurrentEpoch!.Value).ToArray();
        for (int i = 0; i < 3_000; i++)
        {
            var early = good[..random.Next(good.Length + 1)];
            if (early.Length > 0) early[random.Next(early.Length)] ^= (byte)random.Next(256);
            var end = new SessionEnd(a, SessionRole.Responder, SessionPair.Options(2));
            end.Handle(new SessionStarted(0, b.Device, a.CurrentEpoch!.Value, early));
            Assert.Equal(FrameType.Hello, end.Sent[0]);
        }
    }

    [Fact]
    public void APeerThatIgnoresTheWindowIsClosed()
    {
        var end = In(SessionState.Exchange);
        var record = FakeReplica.Record(FakeReplica.Bytes32("x", 1), new byte[9 << 20]);
        Feed(end, FrameType.Data, record);
        Assert.Null(end.Closed);
        Assert.InRange(end.Session.PendingStoreBytes, record.Length, SessionLimits.InitialCredit);
        Feed(end, FrameType.Data, record);
        Assert.Equal(SyncErrors.ProtocolViolation, end.Closed!.Kind);
    }

    [Fact]
    public void MoreThanTwoOpenWantsAreAViolation()
    {
        var (a, b) = Contents.Founded();
        var address = a.AddObject(new byte[3 << 20]);
        var end = new SessionEnd(a, SessionRole.Responder, SessionPair.Options(1));
        var early = new SyncSession(b, SessionRole.Initiator, SessionPair.Options(2)).InitiatorEarly(a.Device, a.CurrentEpoch!.Value);
        end.Handle(new SessionStarted(0, b.Device, a.CurrentEpoch!.Value, early));
        var want = new AddressesMessage([.. Enumerable.Repeat(address, 9)]).Encode();
        Feed(end, FrameType.Want, want);
        Feed(end, FrameType.Want, want);
        Assert.Null(end.Closed);
        Feed(end, FrameType.Want, want);
        Assert.Equal(SyncErrors.ProtocolViolation, end.Closed!.Kind);
    }

    [Fact]
    public void ATroubleOfTheOwnDiskEndsTheSessionAndThePeerIsTold()
    {
        var end = In(SessionState.Exchange);
        Feed(end, FrameType.Data, FakeReplica.Record(FakeReplica.Bytes32("x", 1), [1]));
        end.Handle(new ObjectsStored(0, [], [], SyncErrors.DiskFull, "no space left for a pack"));
        Assert.Equal(SyncErrors.DiskFull, end.Closed!.Kind);
        Assert.Equal(FrameType.Error, end.Sent[^1]);
    }
}
