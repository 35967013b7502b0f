using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class NegotiationTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(1, 3, 2, 5, 3)]
    [InlineData(2, 9, 1, 4, 4)]
    [InlineData(1, 2, 3, 4, 0)]
    [InlineData(5, 5, 1, 4, 0)]
    public void TheHighestCommonVersionIsSpoken(ulong minA, ulong maxA, ulong minB, ulong maxB, ulong expected)
    {
        foreach (bool early in new[] { true, false })
        {
            var (a, b) = Contents.Small();
            var pair = new SessionPair(a, b, 1, SessionPair.Options(1) with { MinVersion = minA, MaxVersion = maxA }, SessionPair.Options(2) with { MinVersion = minB, MaxVersion = maxB }, early).Run();
            foreach (var end in new[] { pair.A, pair.B })
            {
                if (expected > 0)
                {
                    Assert.Null(end.Closed!.Kind);
                    Assert.Equal(expected, end.Session.Version);
                    continue;
                }

                Assert.Equal(SyncErrors.VersionMismatch, end.Closed!.Kind);
                foreach (ulong number in new[] { minA, maxA, minB, maxB }) Assert.Contains($"{number}", end.Closed.Detail, StringComparison.Ordinal);
                NothingWritten(end);
            }
        }
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void OnlyAnUnknownRequiredCapabilityIsRefusedByItsName(bool required, bool known, bool works)
    {
        foreach (bool early in new[] { true, false })
        {
            foreach (bool swap in new[] { true, false })
            {
                var (a, b) = Contents.Small();
                var asks = SessionPair.Options(1) with { Capabilities = [new(77, required, "time-travel")] };
                var other = SessionPair.Options(2) with { Capabilities = known ? [new(77, false, "time-travel")] : [] };
                var pair = new SessionPair(a, b, 1, swap ? other : asks, swap ? asks : other, early).Run();
                foreach (var end in new[] { pair.A, pair.B })
                {
                    Assert.Equal(works ? null : SyncErrors.CapabilityRequired, end.Closed!.Kind);
                    if (works) continue;
                    Assert.Contains("time-travel", end.Closed.Detail, StringComparison.Ordinal);
                    NothingWritten(end);
                }
            }
        }
    }

    [Fact]
    public void AScopeThatThisVersionCannotServeIsRefused()
    {
        var (a, b) = Contents.Small();
        var end = new SessionEnd(a, SessionRole.Initiator, SessionPair.Options(1));
        end.Handle(new SessionStarted(0, b.Device, a.CurrentEpoch!.Value, default));
        end.Handle(new FrameReceived(0, FrameType.Hello, new HelloMessage(default, null, 1, 1, [], false, [], null, SessionIntent.Pull).Encode()));
        Assert.Equal(SyncErrors.CapabilityRequired, end.Closed!.Kind);
        NothingWritten(end);
    }

    [Fact]
    public void NothingIsSaidEarlyToAStrangerOrInAnOldEpoch()
    {
        var (a, b) = Contents.Small();
        var session = new SyncSession(a, SessionRole.Initiator, SessionPair.Options(1));
        Assert.True(session.InitiatorEarly(FakeReplica.Bytes32("device", 9), a.CurrentEpoch!.Value).IsEmpty);
        Assert.True(session.InitiatorEarly(b.Device, FakeReplica.Bytes32("epoch", 5)).IsEmpty);
        Assert.True(new SyncSession(a, SessionRole.Initiator, SessionPair.Options(1) with { RemoteRemoved = true }).InitiatorEarly(b.Device, a.CurrentEpoch!.Value).IsEmpty);
        Assert.False(session.InitiatorEarly(b.Device, a.CurrentEpoch!.Value).IsEmpty);
    }

    [Fact]
    public void AVectorThatDoesNotFitInMsg3GoesAsItsHash()
    {
        var (a, b) = Contents.Founded();
        for (int log = 0; log < 401; log++) a.Write([], log: FakeReplica.Log("other", log));
        var pair = new SessionPair(a, b).Run();
        Assert.InRange(pair.EarlyBytes, 1, SessionLimits.MaxEarly);
        Assert.Equal(401, b.Commits);
        Assert.Contains(SessionSignal.Synced, pair.B.Signals);
    }

    [Fact]
    public void ToARemovedResponderAnInitiatorSaysNothing()
    {
        var (a, b) = Contents.Small();
        var end = new SessionEnd(a, SessionRole.Initiator, SessionPair.Options(1) with { RemoteRemoved = true });
        end.Handle(new SessionStarted(0, b.Device, a.CurrentEpoch!.Value, default));
        Assert.Equal(SyncErrors.NotAMember, end.Closed!.Kind);
        Assert.Empty(end.Sent);
    }

    private static void NothingWritten(SessionEnd end)
    {
        Assert.DoesNotContain(end.Effects, e => e is StoreCommits or StoreObjects);
        Assert.DoesNotContain(FrameType.Commits, end.Sent);
        Assert.DoesNotContain(FrameType.Data, end.Sent);
    }
}
