using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class ForkAndVerifyTests
{
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 1, 5)]
    [InlineData(3, 5, 1)]
    [InlineData(7, 2, 4)]
    [InlineData(1, 700, 701)]
    [InlineData(1, 701, 650)]
    public void BothBranchesOfAForkReachBothSides(int shared, int mine, int theirs)
    {
        foreach (bool early in new[] { true, false })
        {
            var (a, b) = Contents.Founded();
            var log = FakeReplica.Log("clone", 1);
            for (int i = 0; i < shared; i++) b.Store(a.CommitsById([a.Write([], log: log)]));
            for (int i = 0; i < mine; i++) a.Write([], salt: 1, log: log);
            for (int i = 0; i < theirs; i++) b.Write([], salt: 2, log: log);
            var pair = new SessionPair(a, b, shared, early: early).Run();
            Assert.Equal((null, null), (pair.A.Closed!.Kind, pair.B.Closed!.Kind));
            Assert.Equal(2, a.Held(Lane.Data)[log].Count);
            Assert.True(a.Held(Lane.Data).SameAs(b.Held(Lane.Data)));
            Assert.Equal(shared + mine + theirs, a.Commits);
            Assert.Contains(SessionSignal.UpToDate, new SessionPair(a, b, 2).Run().A.Signals);
        }
    }

    [Fact]
    public void AnOrdinaryPeerThatIsAheadIsSentNothingOfThatLog()
    {
        var (a, b) = Contents.Founded();
        for (int i = 0; i < 9; i++) a.Write([], salt: i);
        b.Store(a.CommitsById([.. a.DataOrder.Take(4)]));
        var pair = new SessionPair(a, b).Run();
        Assert.Equal(5, pair.A.Progress.CommitsSent);
        Assert.Equal(0, pair.B.Progress.CommitsSent);
        Assert.DoesNotContain(FrameType.Fork, pair.A.Sent);
    }

    [Fact]
    public void VerifyFindsExactlyTheObjectsThatOneSideLacks()
    {
        var random = new Random(5);
        var (a, b) = Contents.Founded();
        // One crowded range that needs several pages, and some in all the others; nothing of it is referenced, so nothing moves.
        foreach (int i in Enumerable.Range(0, 20_001))
        {
            var bytes = new byte[32];
            random.NextBytes(bytes);
            if (i < 19_000) bytes[0] = 7;
            bool here = random.Next(10) > 0, there = random.Next(10) > 0 || !here;
            if (here) a.Objects[new(bytes)] = [1];
            if (there) b.Objects[new(bytes)] = [1];
        }

        var pair = new SessionPair(a, b, 1, SessionPair.Options(1) with { Verify = true }).Run();
        Assert.Null(pair.A.Closed!.Kind);
        var found = pair.A.Effects.OfType<RangeCompared>().ToArray();
        Assert.Equal(a.Objects.Keys.Except(b.Objects.Keys).Order(), found.SelectMany(f => f.OnlyHere).Order());
        Assert.Equal(b.Objects.Keys.Except(a.Objects.Keys).Order(), found.SelectMany(f => f.OnlyThere).Order());
    }

    [Fact]
    public void VerifyOfEqualSetsCostsDigestsOnly()
    {
        var (a, b) = Contents.Random(9);
        new SessionPair(a, b).Run();
        var pair = new SessionPair(a, b, 1, SessionPair.Options(1) with { Verify = true }).Run();
        Assert.Equal(1, pair.A.Sent.Count(t => t == FrameType.Range));
        Assert.Empty(pair.A.Effects.OfType<RangeCompared>());
        Assert.Contains(SessionSignal.UpToDate, pair.A.Signals);
    }
}
