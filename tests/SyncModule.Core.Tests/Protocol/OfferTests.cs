using System.Security.Cryptography;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

/// <summary>Objects that are passed on while they are being imported.</summary>
public class OfferTests
{
    private readonly List<Lent> _lent = [];

    [Fact]
    public void OfferedObjectsArriveOnceAndBeforeTheirCommitWhichAsksForNothing()
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b).Run();
        var objects = Objects(40, 100_003);
        Forget(pair);
        Offer(pair.A, objects[..20]);
        Offer(pair.A, objects[20..]);
        Add(a, objects);
        a.Write([.. objects.Select(AddressOf)]);
        pair.A.Handle(new LocalChange(0));
        Offer(pair.A, Objects(1, 9, 77)); // of the next import: does not hold up the commit
        pair.Run();
        Assert.True(b.Full);
        Assert.Equal(41, b.Objects.Count);
        Assert.DoesNotContain(FrameType.Want, pair.B.Sent);
        Assert.Equal(41, pair.A.Progress.ObjectsSent);
        FrameType[] four = [.. Enumerable.Repeat(FrameType.Data, 4)];
        Assert.Equal([.. four, FrameType.Commits, FrameType.Data], pair.A.Sent.Where(t => t is FrameType.Data or FrameType.Commits));
        AssertAllReturned();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void APeerWithoutTheCapabilityGetsNothingUnasked(bool here, bool there)
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b, here, there).Run();
        var objects = Objects(5, 70_001);
        Offer(pair.A, objects);
        AssertAllReturned();
        pair.Run();
        Assert.Empty(b.Objects);
        Add(a, objects);
        a.Write([.. objects.Select(AddressOf)]);
        pair.A.Handle(new LocalChange(0));
        pair.Run();
        Assert.True(b.Full);
        Assert.Contains(FrameType.Want, pair.B.Sent);
    }

    [Fact]
    public void APeerThatDoesNotTakeAnythingGetsNothing()
    {
        var (a, b) = Contents.Founded();
        var pair = new SessionPair(a, b, 1, Options(1, true), Options(2, true) with { Pull = false }).Run();
        Assert.Equal(SessionState.Ready, pair.A.Session.State);
        Offer(pair.A, Objects(3, 5));
        AssertAllReturned();
        pair.Run();
        Assert.Empty(b.Objects);
    }

    [Fact]
    public void NothingIsOfferedBeforeBothAreLevel()
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b);
        Offer(pair.A, Objects(3, 5));
        AssertAllReturned();
        pair.Run();
        Assert.Empty(b.Objects);
    }

    [Fact]
    public void WhatThePeerSentIsNotOfferedToIt()
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b).Run();
        var objects = Objects(6, 80_001);
        Add(b, objects[2..4]);
        b.Write([.. objects[2..4].Select(AddressOf)]);
        pair.B.Handle(new LocalChange(0));
        pair.Run();
        Offer(pair.A, objects);
        pair.Run();
        Assert.Equal(4, pair.A.Progress.ObjectsSent);
        Assert.Equal(6, b.Objects.Count);
        Offer(pair.A, objects[2..4]);
        pair.Run();
        Assert.Equal(4, pair.A.Progress.ObjectsSent);
        AssertAllReturned();
    }

    [Fact]
    public void AtMostTheWindowIsUnderWayAndTheRestWaits()
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b).Run();
        for (int i = 0; i < 8; i++) Offer(pair.A, Objects(4, 900_001, i));
        while (pair.A.Session.HasBulk) pair.A.Handle(new Writable(0));
        long sent = pair.A.Outgoing.Sum(f => (long)f.Length);
        Assert.InRange(sent, SessionLimits.InitialCredit - (1 << 20), SessionLimits.InitialCredit);
        pair.Run();
        Assert.Equal(32, b.Objects.Count);
        AssertAllReturned();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_000)]
    public void APeerThatIsGoneInTheMiddleLeavesNothingBehind(long cutAfter)
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b).Run();
        for (int i = 0; i < 8; i++) Offer(pair.A, Objects(4, 900_001, i));
        pair.Run(pair.Delivered + cutAfter);
        Assert.Equal(SessionState.Error, pair.A.Session.State);
        Offer(pair.A, Objects(1, 5));
        AssertAllReturned();
        Assert.True(b.Objects.Count < 32);

        // What did not arrive is asked for once its commit is here.
        var objects = Enumerable.Range(0, 8).SelectMany(i => Objects(4, 900_001, i)).ToList();
        Add(a, objects);
        a.Write([.. objects.Select(AddressOf)]);
        new SessionPair(a, b, 5).Run();
        Assert.True(b.Full);
        Assert.Equal(32, b.Objects.Count);
    }

    [Fact]
    public void CreditComesBackWhenTheMemoryIsFreeAndOnlyOnce()
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b).Run();
        Offer(pair.A, Objects(1, 600_001));
        while (pair.A.Session.HasBulk) pair.A.Handle(new Writable(0));
        pair.B.Sent.Clear();
        while (pair.A.Outgoing.TryDequeue(out var frame)) pair.B.Receive(frame);
        Assert.DoesNotContain(FrameType.Window, pair.B.Sent);
        pair.B.Handle(new ObjectsTaken(0));
        Assert.Single(pair.B.Sent, FrameType.Window);
        pair.B.Handle(new ObjectsTaken(0)); // one too many
        Assert.DoesNotContain(FrameType.Ack, pair.B.Sent); // not durable yet
        pair.B.Answer();
        Assert.Single(pair.B.Sent, FrameType.Window);
        Assert.Contains(FrameType.Ack, pair.B.Sent);
        pair.Run();
        Assert.Null(pair.A.Closed);
    }

    [Fact]
    public void ACommitAndWhatAPeerAskedForTakeTurns()
    {
        var (a, b) = Contents.Founded();
        var pair = Following(a, b).Run();
        var objects = Objects(60, 200_001);
        Add(a, objects);
        a.Write([.. objects.Select(AddressOf)]);
        pair.A.Handle(new LocalChange(0));
        while (!pair.B.Sent.Contains(FrameType.Want))
        {
            while (pair.A.Session.HasBulk) pair.A.Handle(new Writable(0));
            while (pair.A.Outgoing.TryDequeue(out var frame)) pair.B.Receive(frame);
            while (pair.B.HasAnswers) pair.B.Answer();
        }

        while (pair.B.Outgoing.TryDequeue(out var frame)) pair.A.Receive(frame);
        Forget(pair);
        a.Write([], salt: 5);
        pair.A.Handle(new LocalChange(0));
        pair.Run();
        Assert.InRange(pair.A.Sent.IndexOf(FrameType.Commits), 0, 3);
        Assert.True(pair.A.Sent.Count(t => t == FrameType.Data) > 20);
        Assert.True(b.Full);
    }

    private static SessionOptions Options(int id, bool unasked) => SessionPair.Options(id) with { Follow = true, Capabilities = unasked ? [Capability.UnaskedObjects] : [] };

    private static SessionPair Following(FakeReplica a, FakeReplica b, bool here = true, bool there = true) => new(a, b, 1, Options(1, here), Options(2, there));

    private static List<byte[]> Objects(int count, int size, int salt = 0)
    {
        var random = new Random(size + salt);
        var objects = new List<byte[]>();
        for (int i = 0; i < count; i++)
        {
            var bytes = new byte[size];
            random.NextBytes(bytes);
            objects.Add(bytes);
        }

        return objects;
    }

    private static ObjectAddress AddressOf(byte[] bytes) => new(SHA256.HashData(bytes));

    private static void Add(FakeReplica replica, IEnumerable<byte[]> objects)
    {
        foreach (var bytes in objects) replica.AddObject(bytes);
    }

    private static void Forget(SessionPair pair)
    {
        pair.A.Sent.Clear();
        pair.B.Sent.Clear();
    }

    private void Offer(SessionEnd to, IEnumerable<byte[]> objects)
    {
        var lent = new Lent();
        _lent.Add(lent);
        byte[] records = [.. objects.SelectMany(bytes => FakeReplica.Record(AddressOf(bytes), bytes))];
        to.Handle(new ObjectsOffered(0, records, () => lent.Returned++));
    }

    private void AssertAllReturned() => Assert.All(_lent, lent => Assert.Equal(1, lent.Returned));

    private sealed class Lent
    {
        public int Returned { get; set; }
    }
}
