using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class StoreLotsTests
{
    [Fact]
    public void Commits_that_wait_one_behind_the_other_are_stored_together_and_each_is_answered()
    {
        var store = new Recorder();
        var answers = new List<SessionEvent>();
        var lots = new StoreLots(store, answer => answers.Add(answer(7)), defect: null);
        lots.Take(Job(Lane.Data, 100, 2), null, null);
        lots.Take(Job(Lane.Data, 100, 3), null, null);
        Assert.True(lots.IsOpen);
        Assert.Empty(answers); // nothing is durable yet
        lots.Take(Job(Lane.Membership, 100, 1), null, null);
        Assert.Equal([(Lane.Data, 5)], store.Stored);
        lots.Flush();
        Assert.False(lots.IsOpen);
        Assert.Equal([(Lane.Data, 5), (Lane.Membership, 1)], store.Stored);
        Assert.Equal([new CommitsStored(7, 5, 0, 1), new CommitsStored(7, 0, 0, 0), new CommitsStored(7, 1, 0, 1)], answers);
        lots.Flush();
        Assert.Equal(3, answers.Count);
    }

    [Fact]
    public void A_lot_of_commits_ends_at_the_bound_and_before_objects()
    {
        var store = new Recorder();
        var answers = new List<SessionEvent>();
        var lots = new StoreLots(store, answer => answers.Add(answer(7)), defect: null);
        for (int i = 0; i < 3; i++) lots.Take(Job(Lane.Data, SessionLimits.StoreBatch / 2, 1), null, null);
        Assert.Equal([(Lane.Data, 2)], store.Stored);
        var objects = new StoreObjects(Array.Empty<byte>(), 0, Last: false);
        lots.Take(objects, lots.Check(objects), null);
        Assert.Equal([(Lane.Data, 2), (Lane.Data, 1)], store.Stored);
        Assert.Equal(0, store.Flushed);
        lots.Take(Job(Lane.Data, 1, 1), null, null);
        Assert.Equal(1, store.Flushed); // objects are durable before commits behind them
        lots.Flush();
        Assert.Equal(4, answers.Count(a => a is CommitsStored));
    }

    [Fact]
    public void A_store_that_fails_is_told_for_each()
    {
        var store = new Recorder { Failure = SyncErrors.DiskFull.With("full") };
        var answers = new List<SessionEvent>();
        var lots = new StoreLots(store, answer => answers.Add(answer(7)), defect: null);
        lots.Take(Job(Lane.Data, 100, 2), null, null);
        lots.Take(Job(Lane.Data, 100, 3), null, null);
        lots.Flush();
        Assert.All(answers, a => Assert.Equal(SyncErrors.DiskFull, Assert.IsType<CommitsStored>(a).Error));
        Assert.Equal(2, answers.Count);
    }

    private static StoreCommits Job(Lane lane, long bytes, int count) => new(lane, [.. Enumerable.Range(0, count).Select(_ => new CommitBundle([], [], []))], bytes);

    private sealed class Recorder : ISessionStore
    {
        public List<(Lane Lane, int Count)> Stored { get; } = [];

        public int Flushed { get; private set; }

        public SyncException? Failure { get; init; }

        public StoreResult StoreCommits(Lane lane, IReadOnlyList<CommitBundle> bundles)
        {
            if (Failure is not null) throw Failure;
            Stored.Add((lane, bundles.Count));
            return new(bundles.Count, 0, 1);
        }

        public IReadOnlyList<CheckedObjects> CheckObjects(IReadOnlyList<ReadOnlyMemory<byte>> bodies) => [.. bodies.Select(body => new CheckedObjects(body, [], []))];

        public ObjectsResult StoreObjects(CheckedObjects objects) => new([], []);

        public void FlushObjects() => Flushed++;

        public IDisposable Subscribe(Action<bool> changed) => throw new NotSupportedException();
    }
}
