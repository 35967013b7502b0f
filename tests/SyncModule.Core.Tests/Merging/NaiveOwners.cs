using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>Merge §4, Owners, by brute force: which operations count, from all that were applied. What an author had applied is its commit's past.</summary>
internal sealed class NaiveOwners
{
    private readonly Dictionary<string, Dictionary<string, List<WrittenOperation>>> _chains = new(StringComparer.Ordinal);
    private readonly ILookup<CommitId, WrittenOperation> _atomic;
    private readonly List<(WrittenOperation Checkpoint, Dictionary<string, List<WrittenOperation>> Chains)> _fixed = []; // the one that decides first

    public NaiveOwners(IReadOnlyList<WrittenOperation> written, Func<DeviceId, bool> isAdministrator)
    {
        foreach (var collection in written.Where(w => w.Operation.Detail is OwnDetail).GroupBy(w => w.Operation.Collection))
        {
            var chains = _chains[collection.Key] = new(StringComparer.Ordinal);
            foreach (var unit in collection.GroupBy(w => Detail(w).Unit))
            {
                if (Chain([.. unit], isAdministrator) is { Count: > 0 } chain) chains[unit.Key] = chain;
            }
        }

        foreach (var checkpoint in written.Where(w => !IsEmpty && w.Operation.Detail is CheckpointDetail { Snapshot: not null }).OrderBy(w => w.Origin.CommitTimestamp.Value).ThenBy(w => w.Origin.Dot.Commit.ToString(), StringComparer.Ordinal).ThenBy(w => w.Origin.Dot.Index))
        {
            var below = written.Where(w => w.Operation.Detail is OwnDetail && w.Operation.Collection == checkpoint.Operation.Collection && IsBelow(checkpoint, w)).GroupBy(w => Detail(w).Unit);
            _fixed.Add((checkpoint, below.Select(unit => (unit.Key, Chain: Chain([.. unit], isAdministrator))).Where(u => u.Chain.Count > 0).ToDictionary(u => u.Key, u => u.Chain)));
        }

        _atomic = (IsEmpty ? [] : written.Where(w => w.Atomic && w.Operation.Key.Length > 0)).ToLookup(w => w.Origin.Dot.Commit);
    }

    /// <summary>Nobody ever owned anything.</summary>
    public bool IsEmpty => _chains.Count == 0;

    /// <summary>The generation that decides about a key now; null where nobody owns it.</summary>
    public WrittenOperation? Of(string collection, string key) => ChainsOver(_chains.GetValueOrDefault(collection), key).FirstOrDefault()?[^1];

    /// <summary>The last generation of a unit; null where it has none.</summary>
    public WrittenOperation? OfUnit(string collection, string unit) => _chains.GetValueOrDefault(collection)?.GetValueOrDefault(unit)?[^1];

    /// <summary>Whether it is folded. Of an atomic commit all operations on items are, or none.</summary>
    public bool Counts(WrittenOperation w) => w.Operation.Key.Length == 0 || (w.Atomic ? _atomic[w.Origin.Dot.Commit].All(CountsAlone) : CountsAlone(w));

    /// <summary>Whether a tree takes a key with it.</summary>
    public bool Counts(WrittenOperation tree, string key)
    {
        foreach (var chain in ChainsOver(_chains.GetValueOrDefault(tree.Operation.Collection), key))
        {
            if (Saw(chain[0], tree)) continue;
            return Enumerable.Range(0, chain.Count).Any(i => Detail(chain[i]).To == tree.Origin.Device && (i + 1 == chain.Count || Saw(chain[i + 1], tree)));
        }

        return true;
    }

    private bool CountsAlone(WrittenOperation w)
    {
        var chains = _fixed.Find(f => f.Checkpoint.Operation.Collection == w.Operation.Collection && IsBelow(f.Checkpoint, w)) is { Chains: { } there } ? there : _chains.GetValueOrDefault(w.Operation.Collection);
        foreach (var chain in ChainsOver(chains, w.Operation.Key))
        {
            int at = w.Operation.Generation is { } cited ? chain.FindIndex(g => g.Origin.Dot == cited) : -1;
            if (at >= 0) return Detail(chain[at]).To == w.Origin.Device && (at + 1 == chain.Count || Saw(chain[at + 1], w));
            if (!Saw(chain[0], w)) return false;
        }

        return true;
    }

    // A floor passes no fork that its author knew; another branch that came later is not in its past.
    public static bool IsBelow(WrittenOperation checkpoint, WrittenOperation w) =>
        ((CheckpointDetail)checkpoint.Operation.Detail!).Floor.Sequence(w.Origin.Log) >= w.Origin.Sequence && checkpoint.Past.Contains(w.Origin.Dot.Commit);

    // The longest unit first.
    private static IEnumerable<List<WrittenOperation>> ChainsOver(Dictionary<string, List<WrittenOperation>>? chains, string key) =>
        (chains ?? []).Where(c => c.Key.Length == 0 || key == c.Key || key.StartsWith(c.Key + "/", StringComparison.Ordinal)).OrderByDescending(c => c.Key.Length).Select(c => c.Value);

    private static List<WrittenOperation> Chain(List<WrittenOperation> unit, Func<DeviceId, bool> isAdministrator)
    {
        var claims = unit.Where(g => Detail(g).After is null && Detail(g).To == g.Origin.Device).ToList();
        var first = claims.Where(c => !claims.Any(o => o != c && Saw(c, o))).ToList();
        var chain = new List<WrittenOperation>();
        var next = first.Count > 0 ? NaiveModel.Greatest(first) : null;
        while (next is not null && !chain.Contains(next))
        {
            chain.Add(next);
            var after = unit.Where(g => Detail(g).After == next.Origin.Dot && (g.Origin.Device == Detail(next).To || isAdministrator(g.Origin.Device))).ToList();
            after = [.. after.Where(g => !after.Any(o => o != g && Saw(g, o)))];
            var by = after.Where(g => g.Origin.Device == Detail(next).To).ToList();
            if (by.Count == 0) by = after;
            next = by.Count > 0 ? NaiveModel.Greatest(by) : null;
        }

        return chain;
    }

    private static bool Saw(WrittenOperation generation, WrittenOperation other) => generation.Past.Contains(other.Origin.Dot.Commit);

    private static OwnDetail Detail(WrittenOperation w) => (OwnDetail)w.Operation.Detail!;
}
