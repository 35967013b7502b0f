using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>
/// What must hold of any history (<see cref="RandomHistory"/>), a seed each: the tests run some thousands, the large run `convergence` a million.
/// Every method throws a <see cref="ConvergenceException"/> that says what differs.
/// </summary>
internal static class ConvergenceChecks
{
    /// <summary>All of them for one seed, in the order in which the tests have them.</summary>
    public static CaseFacts All(int seed)
    {
        var history = new RandomHistory(seed);
        return All(seed, history, history.HasOwners ? new RandomHistory(seed, owners: false) : history);
    }

    /// <summary>The same for a history that was made otherwise; the seed is of the orders in which it is delivered.</summary>
    /// <param name="seed">Named by what differs.</param>
    /// <param name="history">Any.</param>
    /// <param name="plain">One in which nobody owns anything.</param>
    public static CaseFacts All(int seed, RandomHistory history, RandomHistory plain)
    {
        var facts = AnyOrder(seed, history);
        Part(seed, history);
        JoinIsFold(seed, plain);
        JoinLaws(seed, plain);
        return facts with { Objects = Shows(seed, history), Hidden = TreesHide(seed, history) };
    }

    /// <summary>Late, twice and in any order: states and records are the naive model's bytes.</summary>
    public static CaseFacts AnyOrder(int seed) => AnyOrder(seed, new RandomHistory(seed));

    private static CaseFacts AnyOrder(int seed, RandomHistory history)
    {
        var random = new Random(~seed);
        var naive = new NaiveModel([.. history.Commits.SelectMany(c => c.Operations)], history.IsAdministrator);
        byte[] records = naive.Records();
        int byPolicy = 0;
        for (int run = 0; run < 2; run++)
        {
            var replica = new ProductReplica(history.IsAdministrator).Receive(Shuffle(history, random));
            if (replica.Applied != history.Commits.Count) throw new ConvergenceException(seed, $"{replica.Applied} of {history.Commits.Count} commits were applied");
            foreach (var (collection, key) in naive.Keys) Same(seed, "state", naive.State(collection, key), replica.State(key)?.Encode() ?? Nothing(collection, key));
            Same(seed, "names", "", string.Join(' ', replica.Keys.Except(naive.Keys.Select(k => k.Key))));
            Same(seed, "records", records, replica.Records());
            byPolicy = replica.AllRecords().Count(r => r.Rule >= MergeRule.FirstWriterWins);
        }

        // An empty list is one byte.
        return new(records.Length > 1 ? 1 : 0, byPolicy, naive.Refused);
    }

    /// <summary>A causally closed part of the history gives the state and the records of that part.</summary>
    public static void Part(int seed) => Part(seed, new RandomHistory(seed));

    private static void Part(int seed, RandomHistory history)
    {
        var random = new Random(seed + 17);
        var part = history.Part(random);
        var naive = new NaiveModel([.. part.SelectMany(c => c.Operations)], history.IsAdministrator);
        var replica = new ProductReplica(history.IsAdministrator).Receive(history.Order(random, part));
        foreach (var (collection, key) in naive.Keys) Same(seed, "state of a part", naive.State(collection, key), replica.State(key)?.Encode() ?? Nothing(collection, key));
        Same(seed, "records of a part", naive.Records(), replica.Records());
    }

    /// <summary>Joining what two replicas have is folding what both have.</summary>
    public static void JoinIsFold(int seed) => JoinIsFold(seed, new RandomHistory(seed, owners: false));

    private static void JoinIsFold(int seed, RandomHistory history)
    {
        var random = new Random(seed + 29);
        var (a, b) = (history.Part(random), history.Part(random));
        var (left, right, both) = (Fold(history, random, a), Fold(history, random, b), Fold(history, random, [.. a.Union(b)]));
        foreach (string key in Keys(history)) Same(seed, "join", Bytes(both.State(key)), Bytes(Joining.Join(left.State(key), left, right.State(key), right)));
    }

    /// <summary>Join is commutative, associative and idempotent, and nothing is its identity.</summary>
    public static void JoinLaws(int seed) => JoinLaws(seed, new RandomHistory(seed, owners: false));

    private static void JoinLaws(int seed, RandomHistory history)
    {
        var random = new Random(seed + 43);
        var (x, y, z) = (Fold(history, random, history.Part(random)), Fold(history, random, history.Part(random)), Fold(history, random, history.Part(random)));
        foreach (string key in Keys(history))
        {
            var (s, t, u) = (x.State(key), y.State(key), z.State(key));
            var st = Joining.Join(s, x, t, y);
            Same(seed, "commuted join", Bytes(st), Bytes(Joining.Join(t, y, s, x)));
            Same(seed, "regrouped join", Bytes(Joining.Join(st, new Both(x, y), u, z)), Bytes(Joining.Join(s, x, Joining.Join(t, y, u, z), new Both(y, z))));
            Same(seed, "join with itself", Bytes(s), Bytes(Joining.Join(s, x, s, x)));
            Same(seed, "join with nothing", Bytes(s), Bytes(Joining.Join(s, x, null, new ProductReplica())));
        }
    }

    /// <summary>What shows of each item, under trees and policies, is what the naive model says, and the fields of an object are its JSON.</summary>
    /// <returns>How many of them are objects.</returns>
    public static int Shows(int seed) => Shows(seed, new RandomHistory(seed));

    private static int Shows(int seed, RandomHistory history)
    {
        int objects = 0;
        var naive = new NaiveModel([.. history.Commits.SelectMany(c => c.Operations)], history.IsAdministrator);
        var replica = new ProductReplica(history.IsAdministrator).Receive(history.Commits);
        foreach (var (_, key) in naive.Keys.Where(k => k.Key.Length > 0))
        {
            if (replica.State(key) is null)
            {
                Same(seed, $"'{key}' is there", naive.View(key).IsThere, false);
                continue;
            }

            var (state, expected) = (replica.Visible(key), naive.View(key));
            Same(seed, $"'{key}' waits", expected.IsWaiting, state.IsWaiting);
            Same(seed, $"'{key}' is there", expected.IsThere, state.IsAlive);
            if (!expected.IsThere || expected.IsWaiting) continue;
            Same(seed, $"'{key}' is an object", expected.IsObject, StructuredItem.IsStructured(state));
            objects += expected.IsObject ? 1 : 0;
            if (expected.IsObject) Same(seed, $"'{key}' as JSON", expected.Json(RandomHistory.Read), StructuredItem.ToJson(state, v => v.IsDetached ? replica.Whole(v).Inline : v.Reference is null ? v.Inline : RandomHistory.Read(v)).ToJsonString(StructuredItem.Compact));
            else Same(seed, $"'{key}' has a value", expected.Whole is { } whole ? Convert.ToHexString(Bytes(whole)) : null, View.Of(state).Winner!.Value is { } value ? Convert.ToHexString(Bytes(value.IsDetached ? replica.Whole(value) : value)) : null);
        }

        return objects;
    }

    /// <summary>Trees hide what their author had seen and nothing else; gives how many heads were hidden.</summary>
    public static int TreesHide(int seed) => TreesHide(seed, new RandomHistory(seed));

    private static int TreesHide(int seed, RandomHistory history)
    {
        var naive = new NaiveModel([.. history.Commits.SelectMany(c => c.Operations)], history.IsAdministrator);
        var replica = new ProductReplica(history.IsAdministrator).Receive(Shuffle(history, new(seed)));
        int hidden = 0;
        foreach (var (_, key) in naive.Keys.Where(k => k.Key.Length > 0 && replica.State(k.Key) is not null))
        {
            var state = replica.Visible(key);
            foreach (string path in naive.Paths(key).Where(p => naive.Heads(key, p).Count > 0))
            {
                var expected = naive.Visible(key, path);
                hidden += expected.Count(e => e.IsTree);
                if (!expected.SequenceEqual(state.Find(path)!.Heads.Select(h => (h.Dot, h.Kind == OperationKind.RemoveTree)))) throw new ConvergenceException(seed, $"trees hide something else of '{key}' {path}");
            }
        }

        return hidden;
    }

    // Late, twice, and every commit as far before its past as chance has it: the gate sorts that out.
    private static List<WrittenCommit> Shuffle(RandomHistory history, Random random)
    {
        var delivered = history.Commits.Concat(history.Commits.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(delivered);
        return [.. delivered];
    }

    private static ProductReplica Fold(RandomHistory history, Random random, List<WrittenCommit> part) => new ProductReplica(history.IsAdministrator).Receive(history.Order(random, part));

    private static IEnumerable<string> Keys(RandomHistory history) => history.Commits.SelectMany(c => c.Operations).Select(o => o.Operation.Key).Distinct();

    private static byte[] Bytes(ItemValue value) => value.Reference is null ? value.Inline.ToArray() : RandomHistory.Read(value);

    private static void Same<T>(int seed, string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new ConvergenceException(seed, $"{what}: expected {expected}, got {actual}");
    }

    // A state of which nothing is left says what no state says.
    private static byte[] Bytes(KeyState? state) => state is null or { Cells.Count: 0, HasParts: false } ? [] : state.Encode();

    private static byte[] Nothing(string collection, string key) => new NaiveModel([]).State(collection, key);

    private static void Same(int seed, string what, byte[] expected, byte[] actual)
    {
        if (!expected.AsSpan().SequenceEqual(actual)) throw new ConvergenceException(seed, $"{what}: expected {Convert.ToHexStringLower(expected)}, got {Convert.ToHexStringLower(actual)}");
    }

    private sealed class Both(ICausalHistory left, ICausalHistory right) : ICausalHistory
    {
        public bool Contains(Head head) => left.Contains(head) || right.Contains(head);

        public ulong SequenceOf(LogId log) => Math.Max(left.SequenceOf(log), right.SequenceOf(log));
    }
}

/// <summary>What a history has in it, so that whoever runs many can tell that they are not empty.</summary>
/// <param name="WithRecords">1 where versions ever competed.</param>
/// <param name="ByPolicy">Records by another rule than the default's.</param>
/// <param name="Refused">Writes that do not count, because somebody else owns the item.</param>
internal sealed record CaseFacts(long WithRecords, long ByPolicy, long Refused)
{
    /// <summary>Heads that trees hid.</summary>
    public long Hidden { get; init; }

    /// <summary>Items that show as objects with fields.</summary>
    public long Objects { get; init; }

    public CaseFacts Plus(CaseFacts other) => new(WithRecords + other.WithRecords, ByPolicy + other.ByPolicy, Refused + other.Refused) { Hidden = Hidden + other.Hidden, Objects = Objects + other.Objects };
}

/// <summary>Two that must be equal differ; the message begins with the seed.</summary>
internal sealed class ConvergenceException(int seed, string what) : Exception($"seed {seed}: {what}");
