using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// Who owns the units of one collection, and which writes count (format-1 §9). A function of the generations that are applied and of who is an
/// administrator: the order in which they came does not matter, so a write that did not count may count later, and the other way round.
/// <para>A unit begins with the first generation without a predecessor: of those that had seen another such one, none; of concurrent ones the
/// greatest in the order of §7. Each has at most one successor: one that its owner wrote before one of an administrator (a rescue), then
/// the order. Who has not the right to end a generation has said nothing.</para>
/// </summary>
public sealed class Ownership
{
    private readonly Dictionary<string, List<Generation>> _chains;
    private readonly ILogBranches _branches;

    private Ownership(Dictionary<string, List<Generation>> chains, ILogBranches branches) => (_chains, _branches) = (chains, branches);

    public static Ownership None { get; } = new([], null!);

    /// <summary>False where nobody ever owned anything.</summary>
    public bool Any => _chains.Count > 0;

    /// <summary>The chains that count, a unit each, the first generation first.</summary>
    public IReadOnlyDictionary<string, List<Generation>> Chains => _chains;

    public static Ownership Of(IReadOnlyList<Generation> generations, Func<DeviceId, bool> isAdministrator, ILogBranches branches)
    {
        if (generations.Count == 0) return None;
        var chains = new Dictionary<string, List<Generation>>(StringComparer.Ordinal);
        foreach (var unit in generations.GroupBy(g => g.Unit, StringComparer.Ordinal))
        {
            Generation[] claims = [.. unit.Where(g => g.After is null && g.Owner == g.Device)];
            // Somebody who had seen that the unit is owned cannot be its first owner.
            Generation[] first = [.. claims.Where(c => !claims.Any(o => o.Dot != c.Dot && c.Final.Covers(o.Log, o.Sequence, o.Dot.Commit, branches)))];
            if (first.Length == 0) continue;
            var chain = new List<Generation> { Greatest(first) };
            while (Next(chain[^1], unit, isAdministrator) is { } next && !chain.Contains(next)) chain.Add(next);
            chains[unit.Key] = chain;
        }

        return chains.Count == 0 ? None : new(chains, branches);
    }

    /// <summary>The generation under which a key is written now: that of the longest unit that covers it; null where nobody owns it.</summary>
    public Generation? Of(string key)
    {
        if (_chains.Count == 0) return null;
        return ChainOf(key) is { } chain ? chain[^1] : null;
    }

    /// <summary>
    /// Whether a write counts. Under an owner: it cites a generation that counts, by that generation's owner, and the next one, if there is one, had
    /// seen it; or it cites none and the first one had seen it. Where nobody owns the key: always, whatever it cites.
    /// </summary>
    public bool Counts(Operation operation, in OperationOrigin origin)
    {
        if (_chains.Count == 0 || Plants.OwnersUnchecked || ChainOf(operation.Key) is not { } chain) return true;
        if (operation.Generation is not { } cited) return chain[0].Final.Covers(origin.Log, origin.Sequence, origin.Dot.Commit, _branches);
        int at = chain.FindIndex(g => g.Dot == cited);
        if (at < 0 || chain[at].Owner != origin.Device) return false;
        return at == chain.Count - 1 || chain[at + 1].Final.Covers(origin.Log, origin.Sequence, origin.Dot.Commit, _branches);
    }

    /// <summary>Whether a tree takes a key with it: where somebody owns the key, only one that an owner wrote before the next one did, or that the first one had seen.</summary>
    public bool Counts(TreeRange tree, string key)
    {
        if (_chains.Count == 0 || ChainOf(key) is not { } chain) return true;
        if (chain[0].Final.Covers(tree.Log, tree.Sequence, tree.Dot.Commit, _branches)) return true;
        for (int i = 0; i < chain.Count; i++)
        {
            if (chain[i].Owner == tree.Device && (i == chain.Count - 1 || chain[i + 1].Final.Covers(tree.Log, tree.Sequence, tree.Dot.Commit, _branches))) return true;
        }

        return false;
    }

    private List<Generation>? ChainOf(string key)
    {
        List<Generation>? longest = null;
        foreach (var (unit, chain) in _chains)
        {
            if (chain[0].Covers(key) && (longest is null || unit.Length > longest[0].Unit.Length)) longest = chain;
        }

        return longest;
    }

    private static Generation? Next(Generation current, IEnumerable<Generation> unit, Func<DeviceId, bool> isAdministrator)
    {
        Generation[] after = [.. unit.Where(g => g.After == current.Dot)];
        Generation[] own = [.. after.Where(g => g.Device == current.Owner)];
        if (own.Length > 0) return Greatest(own);
        Generation[] rescues = [.. after.Where(g => isAdministrator(g.Device))];
        return rescues.Length > 0 ? Greatest(rescues) : null;
    }

    private static Generation Greatest(IEnumerable<Generation> generations) => generations.Aggregate((a, b) => Generation.CompareOrder(a, b) >= 0 ? a : b);
}
