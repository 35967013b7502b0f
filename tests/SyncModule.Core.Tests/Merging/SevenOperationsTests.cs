using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>Hand-made sets of seven operations over all kinds, delivered in every order there is: the gate sorts out what comes before its past.</summary>
public class SevenOperationsTests
{
    private const int Orders = 5_040;

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, SevenSets.All.Count)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void All_orders_of_delivery_end_in_the_bytes_of_the_naive_model(int number)
    {
        var commits = SevenSets.Tell(SevenSets.All[number]).Commits;
        var naive = new NaiveModel([.. commits.SelectMany(c => c.Operations)]);
        var expected = naive.Keys.Select(k => (k.Key, State: naive.State(k.Collection, k.Key))).ToList();
        byte[] records = naive.Records();
        int orders = 0;
        Deliver(new ProductReplica(), [], [.. commits]);
        Assert.Equal(Orders, orders);

        // Depth first, so orders that begin alike share what they begin with.
        void Deliver(ProductReplica replica, List<WrittenCommit> delivered, List<WrittenCommit> left)
        {
            if (left.Count == 0)
            {
                orders++;
                Check(replica, delivered);
                return;
            }

            for (int i = 0; i < left.Count; i++)
            {
                var rest = left.ToList();
                rest.RemoveAt(i);
                Deliver(replica.Fork().Receive([left[i]]), [.. delivered, left[i]], rest);
            }
        }

        void Check(ProductReplica replica, List<WrittenCommit> delivered)
        {
            bool same = replica.Applied == SevenSets.Operations && replica.Records().AsSpan().SequenceEqual(records);
            foreach (var (key, state) in expected) same &= replica.State(key)!.Encode().AsSpan().SequenceEqual(state);
            if (!same) Assert.Fail($"set {number}, delivered as {string.Join(' ', delivered.Select(d => commits.ToList().IndexOf(d)))}: {SevenSets.All[number]}");
        }
    }

    [Fact]
    public void There_are_fifty_sets_of_seven_and_they_hold_every_kind_and_every_sort_of_causality()
    {
        var stories = SevenSets.All.Select(SevenSets.Tell).ToList();
        Assert.Equal(50, stories.Count);
        Assert.Equal(50, SevenSets.All.Distinct().Count());
        Assert.All(stories, s => Assert.Equal(SevenSets.Operations, s.Commits.Count));
        var operations = stories.SelectMany(s => s.Commits).SelectMany(c => c.Operations).ToList();
        foreach (var kind in Enum.GetValues<OperationKind>().Except([OperationKind.Own, OperationKind.Checkpoint])) Assert.True(operations.Count(o => o.Operation.Kind == kind) >= 5, $"hardly any {kind}");
        // In each set some commits know of each other and some do not, and most leave something to decide.
        Assert.All(stories, s => Assert.Contains(s.Commits, a => s.Commits.Any(b => a != b && !a.Past.Contains(b.Id) && !b.Past.Contains(a.Id))));
        Assert.All(stories, s => Assert.Contains(s.Commits, a => a.Past.Count > 0));
        int decided = stories.Count(s => new NaiveModel([.. s.Commits.SelectMany(c => c.Operations)]).Records().Length > 1);
        int stood = operations.Count(o => o.Operation.Stood is not null || o.Operation.Cells.Any(c => c.Stood is not null));
        Assert.True(decided >= 25 && stood >= 8, $"only {decided} sets leave something to decide, and only {stood} operations say what stood where");
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void What_trees_hide_is_what_their_authors_had_seen(int number)
    {
        var story = SevenSets.Tell(SevenSets.All[number]);
        var naive = new NaiveModel([.. story.Commits.SelectMany(c => c.Operations)]);
        var replica = new ProductReplica().Receive(story.Commits.Reverse());
        foreach (var (_, key) in naive.Keys.Where(k => k.Key.Length > 0))
        {
            var shown = replica.Visible(key);
            foreach (string path in naive.Paths(key)) Assert.Equal(naive.Visible(key, path), shown.Find(path)!.Heads.Select(h => (h.Dot, h.Kind == OperationKind.RemoveTree)));
        }
    }
}
