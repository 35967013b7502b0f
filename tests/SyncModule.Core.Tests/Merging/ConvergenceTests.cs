using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

public class ConvergenceTests
{
    // More by SYNCMODULE_CASES; the seeds of a failure are in its message.
    private static int Cases(int usual) => int.TryParse(Environment.GetEnvironmentVariable("SYNCMODULE_CASES"), out int cases) ? cases : usual;

    [Fact]
    public void Any_delivery_order_ends_in_the_bytes_of_the_naive_model()
    {
        int interesting = 0, cases = Cases(20_000);
        for (int seed = 0; seed < cases; seed++)
        {
            var history = new RandomHistory(seed);
            var random = new Random(~seed);
            var naive = new NaiveModel([.. history.Commits.SelectMany(c => c.Operations)]);
            byte[] records = naive.Records();
            for (int run = 0; run < 2; run++)
            {
                var replica = new ProductReplica().Receive(Shuffle(history, random));
                Assert.Equal(history.Commits.Count, replica.Applied);
                foreach (var (collection, key) in naive.Keys) AssertSame(seed, naive.State(collection, key), replica.State(key)?.Encode() ?? new NaiveModel([]).State(collection, key));
                AssertSame(seed, records, replica.Records());
            }

            // An empty list is one byte.
            if (records.Length > 1) interesting++;
        }

        Assert.True(4 * interesting >= cases, $"only {interesting} of {cases} histories have a merge record");
    }

    [Fact]
    public void A_part_of_the_history_gives_the_state_of_that_part()
    {
        for (int seed = 0; seed < Cases(3_000); seed++)
        {
            var history = new RandomHistory(seed);
            var random = new Random(seed + 17);
            var part = history.Part(random);
            var naive = new NaiveModel([.. part.SelectMany(c => c.Operations)]);
            var replica = new ProductReplica().Receive(history.Order(random, part));
            foreach (var (collection, key) in naive.Keys) AssertSame(seed, naive.State(collection, key), replica.State(key)?.Encode() ?? new NaiveModel([]).State(collection, key));
            AssertSame(seed, naive.Records(), replica.Records());
        }
    }

    [Fact]
    public void Join_of_two_folds_is_the_fold_of_both()
    {
        for (int seed = 0; seed < Cases(5_000); seed++)
        {
            var history = new RandomHistory(seed);
            var random = new Random(seed + 29);
            var (a, b) = (history.Part(random), history.Part(random));
            var (left, right, both) = (Fold(history, random, a), Fold(history, random, b), Fold(history, random, [.. a.Union(b)]));
            foreach (string key in Keys(history)) AssertSame(seed, Bytes(both.State(key)), Bytes(Joining.Join(left.State(key), left, right.State(key), right)));
        }
    }

    [Fact]
    public void Join_is_commutative_associative_and_idempotent()
    {
        for (int seed = 0; seed < Cases(3_000); seed++)
        {
            var history = new RandomHistory(seed);
            var random = new Random(seed + 43);
            var (x, y, z) = (Fold(history, random, history.Part(random)), Fold(history, random, history.Part(random)), Fold(history, random, history.Part(random)));
            foreach (string key in Keys(history))
            {
                var (s, t, u) = (x.State(key), y.State(key), z.State(key));
                var st = Joining.Join(s, x, t, y);
                AssertSame(seed, Bytes(st), Bytes(Joining.Join(t, y, s, x)));
                AssertSame(seed, Bytes(Joining.Join(st, new Both(x, y), u, z)), Bytes(Joining.Join(s, x, Joining.Join(t, y, u, z), new Both(y, z))));
                AssertSame(seed, Bytes(s), Bytes(Joining.Join(s, x, s, x)));
                AssertSame(seed, Bytes(s), Bytes(Joining.Join(s, x, null, new ProductReplica())));
            }
        }
    }

    [Fact]
    public void The_item_shows_the_greatest_head_of_the_naive_model()
    {
        for (int seed = 0; seed < Cases(3_000); seed++)
        {
            var history = new RandomHistory(seed);
            var naive = new NaiveModel([.. history.Commits.SelectMany(c => c.Operations)]);
            var replica = new ProductReplica().Receive(history.Commits);
            foreach (var (_, key) in naive.Keys)
            {
                if (naive.Heads(key, "").Count == 0) continue;
                var view = View.Of(replica.State(key)!);
                var greatest = NaiveModel.Greatest(naive.Heads(key, ""));
                Assert.Equal(greatest.Origin.Dot, view.Winner!.Dot);
                Assert.Equal(greatest.Operation.Alive, view.Status == ItemStatus.Item);
            }
        }
    }

    [Fact]
    public void Trees_hide_what_their_author_had_seen_and_nothing_else()
    {
        int hidden = 0;
        for (int seed = 0; seed < Cases(3_000); seed++)
        {
            var history = new RandomHistory(seed);
            var naive = new NaiveModel([.. history.Commits.SelectMany(c => c.Operations)]);
            var replica = new ProductReplica().Receive(Shuffle(history, new(seed)));
            foreach (var (_, key) in naive.Keys.Where(k => k.Key.Length > 0 && replica.State(k.Key) is not null))
            {
                var state = replica.Visible(key);
                foreach (string path in naive.Paths(key).Where(p => naive.Heads(key, p).Count > 0))
                {
                    var expected = naive.Visible(key, path);
                    hidden += expected.Count(e => e.IsTree);
                    Assert.Equal(expected, state.Find(path)!.Heads.Select(h => (h.Dot, h.Kind == OperationKind.RemoveTree)));
                }
            }
        }

        Assert.True(hidden > 100, $"only {hidden} heads were hidden");
    }

    // Late, twice, and every commit as far before its past as chance has it: the gate sorts that out.
    private static List<WrittenCommit> Shuffle(RandomHistory history, Random random)
    {
        var delivered = history.Commits.Concat(history.Commits.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(delivered);
        return [.. delivered];
    }

    private static ProductReplica Fold(RandomHistory history, Random random, List<WrittenCommit> part) => new ProductReplica().Receive(history.Order(random, part));

    private static IEnumerable<string> Keys(RandomHistory history) => history.Commits.SelectMany(c => c.Operations).Select(o => o.Operation.Key).Distinct();

    // A state of which nothing is left says what no state says.
    private static byte[] Bytes(KeyState? state) => state is null or { Cells.Count: 0, HasParts: false } ? [] : state.Encode();

    private static void AssertSame(int seed, byte[] expected, byte[] actual)
    {
        if (!expected.AsSpan().SequenceEqual(actual)) Assert.Fail($"seed {seed}: expected {Convert.ToHexStringLower(expected)}, got {Convert.ToHexStringLower(actual)}");
    }

    private sealed class Both(ICausalHistory left, ICausalHistory right) : ICausalHistory
    {
        public bool Contains(Head head) => left.Contains(head) || right.Contains(head);

        public ulong SequenceOf(LogId log) => Math.Max(left.SequenceOf(log), right.SequenceOf(log));
    }
}
