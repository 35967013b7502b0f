using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>Merge §4, Owners, by brute force: which operations count, from all that were applied. What an author had applied is its commit's past.</summary>
internal sealed class NaiveOwners
{
    private readonly Dictionary<string, Dictionary<string, List<WrittenOperation>>> _chains = new(StringComparer.Ordinal);
    private readonly ILookup<CommitId, WrittenOperation> _atomic;

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

        _atomic = (IsEmpty ? [] : written.Where(w => w.Atomic && w.Operation.Key.Length > 0)).ToLookup(w => w.Origin.Dot.Commit);
    }

    /// <summary>Nobody ever owned anything.</summary>
    public bool IsEmpty => _chains.Count == 0;

    /// <summary>The generation that decides about a key now; null where nobody owns it.</summary>
    public WrittenOperation? Of(string collection, string key) => ChainOf(collection, key)?[^1];

    /// <summary>The last generation of a unit; null where it has none.</summary>
    public WrittenOperation? OfUnit(string collection, string unit) => _chains.GetValueOrDefault(collection)?.GetValueOrDefault(unit)?[^1];

    /// <summary>Whether it is folded. Of an atomic commit all operations on items are, or none.</summary>
    public bool Counts(WrittenOperation w) => w.Operation.Key.Length == 0 || (w.Atomic ? _atomic[w.Origin.Dot.Commit].All(CountsAlone) : CountsAlone(w));

    /// <summary>Whether a tree takes a key with it.</summary>
    public bool Counts(WrittenOperation tree, string key)
    {
        if (ChainOf(tree.Operation.Collection, key) is not { } chain) return true;
        return Saw(chain[0], tree) || Enumerable.Range(0, chain.Count).Any(i => Detail(chain[i]).To == tree.Origin.Device && (i + 1 == chain.Count || Saw(chain[i + 1], tree)));
    }

    private bool CountsAlone(WrittenOperation w)
    {
        if (ChainOf(w.Operation.Collection, w.Operation.Key) is not { } chain) return true;
        if (w.Operation.Generation is not { } cited) return Saw(chain[0], w);
        int at = chain.FindIndex(g => g.Origin.Dot == cited);
        return at >= 0 && Detail(chain[at]).To == w.Origin.Device && (at + 1 == chain.Count || Saw(chain[at + 1], w));
    }

    private List<WrittenOperation>? ChainOf(string collection, string key) =>
        _chains.GetValueOrDefault(collection)?.Where(c => c.Key.Length == 0 || key == c.Key || key.StartsWith(c.Key + "/", StringComparison.Ordinal)).OrderBy(c => c.Key.Length).Select(c => c.Value).LastOrDefault();

    private static List<WrittenOperation> Chain(List<WrittenOperation> unit, Func<DeviceId, bool> isAdministrator)
    {
        var claims = unit.Where(g => Detail(g).After is null && Detail(g).To == g.Origin.Device).ToList();
        var first = claims.Where(c => !claims.Any(o => o != c && Saw(c, o))).ToList();
        var chain = new List<WrittenOperation>();
        var next = first.Count > 0 ? NaiveModel.Greatest(first) : null;
        while (next is not null && !chain.Contains(next))
        {
            chain.Add(next);
            var after = unit.Where(g => Detail(g).After == next.Origin.Dot).ToList();
            var by = after.Where(g => g.Origin.Device == Detail(next).To).ToList();
            if (by.Count == 0) by = [.. after.Where(g => isAdministrator(g.Origin.Device))];
            next = by.Count > 0 ? NaiveModel.Greatest(by) : null;
        }

        return chain;
    }

    private static bool Saw(WrittenOperation generation, WrittenOperation other) => generation.Past.Contains(other.Origin.Dot.Commit);

    private static OwnDetail Detail(WrittenOperation w) => (OwnDetail)w.Operation.Detail!;
}
