using System.Collections.Immutable;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// Who owns the units of one collection, and which writes count (format-1 §9). A function of the generations that are applied and of who is an
/// administrator: the order in which they came does not matter, so a write that did not count may count later, and the other way round.
/// <para>A unit begins with the first generation without a predecessor: of those that had seen another such one, none; of concurrent ones the
/// greatest in the order of §7. Each has at most one successor, by somebody who had not seen another one: one that its owner wrote before one of an
/// administrator (a rescue), then the order. Who has not the right to end a generation has said nothing.</para>
/// <para>So a generation never changes whether that counts which its author had seen. What lies at or below the floor of a checkpoint with a snapshot is judged by the
/// generations that lie there too (<see cref="CheckpointFloor"/>).</para>
/// </summary>
public sealed class Ownership
{
    private readonly ImmutableDictionary<string, Unit> _units;
    private readonly int _chains; // units that have one
    private readonly IReadOnlyList<CheckpointFloor> _floors; // ascending
    private readonly ILogBranches _branches;

    private Ownership(ImmutableDictionary<string, Unit> units, int chains, IReadOnlyList<CheckpointFloor> floors, ILogBranches branches) =>
        (_units, _chains, _floors, _branches) = (units, chains, floors, branches);

    /// <summary>What was said of a unit, and its chain, which is empty where nothing of it counts.</summary>
    /// <param name="Said">All generations.</param>
    /// <param name="Chain">Those that count, the first one first.</param>
    /// <param name="AsksForAdministrators">The chain depends on who is one.</param>
    private sealed record Unit(ImmutableList<Generation> Said, List<Generation> Chain, bool AsksForAdministrators);

    public static Ownership None { get; } = new(ImmutableDictionary.Create<string, Unit>(StringComparer.Ordinal), 0, [], null!);

    /// <summary>False where nobody ever owned anything.</summary>
    public bool Any => _chains > 0;

    /// <summary>True when who owns what depends on who is an administrator: it must be asked again when that changes.</summary>
    public bool AsksForAdministrators { get; private init; }

    /// <summary>The units that somebody owns, each with its chain, in no order.</summary>
    public IEnumerable<KeyValuePair<string, IReadOnlyList<Generation>>> Chains => _units.Where(u => u.Value.Chain.Count > 0).Select(u => KeyValuePair.Create(u.Key, (IReadOnlyList<Generation>)u.Value.Chain));

    /// <summary>The floors that fix what counts below them, the one that decides first; nearly always none.</summary>
    public IReadOnlyList<CheckpointFloor> Floors => _floors;

    /// <summary>All generations that count or do not, in no order.</summary>
    public IEnumerable<Generation> Said => _units.Values.SelectMany(u => u.Said);

    /// <param name="generations">Of one collection, all that are applied.</param>
    /// <param name="floors">Of the checkpoints of the collection that are applied and have a snapshot of it, ascending.</param>
    /// <param name="isAdministrator">Who may rescue.</param>
    /// <param name="branches">Of the logs.</param>
    public static Ownership Of(IReadOnlyList<Generation> generations, IReadOnlyList<CheckpointFloor> floors, Func<DeviceId, bool> isAdministrator, ILogBranches branches)
    {
        if (generations.Count == 0) return None;
        var units = ImmutableDictionary.CreateBuilder<string, Unit>(StringComparer.Ordinal);
        foreach (var unit in generations.GroupBy(g => g.Unit, StringComparer.Ordinal)) units.Add(unit.Key, UnitOf([.. unit], isAdministrator, branches));
        return new(units.ToImmutable(), units.Count(u => u.Value.Chain.Count > 0), floors, branches)
        {
            AsksForAdministrators = units.Any(u => u.Value.AsksForAdministrators),
            IsAdministrator = isAdministrator,
        };
    }

    /// <summary>The same with more generations, none of which is here already: it takes as long as their units are, and not as long as all are. Only for the same branches of logs.</summary>
    public Ownership With(IEnumerable<Generation> more, Func<DeviceId, bool> isAdministrator, ILogBranches branches)
    {
        var (units, chains, asks) = (_units, _chains, AsksForAdministrators);
        foreach (var unit in more.GroupBy(g => g.Unit, StringComparer.Ordinal))
        {
            var before = units.GetValueOrDefault(unit.Key);
            var after = UnitOf((before?.Said ?? []).AddRange(unit), isAdministrator, branches);
            units = units.SetItem(unit.Key, after);
            chains += (after.Chain.Count > 0 ? 1 : 0) - (before is { Chain.Count: > 0 } ? 1 : 0);
            asks |= after.AsksForAdministrators;
        }

        return new(units, chains, _floors, branches) { AsksForAdministrators = asks, IsAdministrator = isAdministrator };
    }

    /// <summary>Whether a generation lies at or below a floor.</summary>
    public bool IsUnder(Generation generation, CheckpointFloor floor) => floor.Floor.Covers(generation.Log, generation.Sequence, generation.Dot.Commit, _branches);

    /// <summary>As the operations at or below a floor alone have it.</summary>
    public Ownership Under(VersionVector floor) => Of(
        [.. Said.Where(g => floor.Covers(g.Log, g.Sequence, g.Dot.Commit, _branches))],
        [.. _floors.Where(f => floor.Covers(f.Log, f.Sequence, f.Dot.Commit, _branches))],
        IsAdministrator,
        _branches);

    /// <summary>The chain of a unit; empty where nobody owns it as such.</summary>
    public IReadOnlyList<Generation> ChainOfUnit(string unit) => _units.GetValueOrDefault(unit)?.Chain ?? [];

    /// <summary>The generation under which a key is written now: that of the longest unit that covers it; null where nobody owns it.</summary>
    public Generation? Of(string key)
    {
        if (_chains == 0) return null;
        return ChainOf(key) is { } chain ? chain[^1] : null;
    }

    /// <summary>Whether the author of a generation had applied a commit.</summary>
    public bool Saw(Generation generation, LogId log, ulong sequence, CommitId commit) => generation.Final.Covers(log, sequence, commit, _branches);

    /// <summary>
    /// Whether a write counts. Under an owner: it cites a generation that counts, by that generation's owner, and the next one, if there is one, had
    /// seen it; or the first one had seen it, and it counted before that: under a wider unit, or because nobody owned the key. Where nobody does: always, whatever it cites.
    /// </summary>
    public bool Counts(Operation operation, in OperationOrigin origin)
    {
        if (_chains == 0 || Plants.OwnersUnchecked) return true;
        var floor = FloorOver(origin);
        foreach (string unit in Generation.UnitsOver(operation.Key))
        {
            if (!_units.TryGetValue(unit, out var found) || ChainAt(found, floor) is not { Count: > 0 } chain) continue;
            int at = operation.Generation is { } cited ? chain.FindIndex(g => g.Dot == cited) : -1;
            if (at >= 0) return chain[at].Owner == origin.Device && (at == chain.Count - 1 || Saw(chain[at + 1], origin.Log, origin.Sequence, origin.Dot.Commit));
            if (!Saw(chain[0], origin.Log, origin.Sequence, origin.Dot.Commit)) return false;
        }

        return true;
    }

    /// <summary>Whether a tree takes a key with it: where somebody owns the key, only one that an owner wrote before the next one did, or that the first one had seen and that took it before.</summary>
    public bool Counts(TreeRange tree, string key)
    {
        if (_chains == 0) return true;
        foreach (string unit in Generation.UnitsOver(key))
        {
            if (!_units.TryGetValue(unit, out var found) || found.Chain is not { Count: > 0 } chain || Saw(chain[0], tree.Log, tree.Sequence, tree.Dot.Commit)) continue;
            return Enumerable.Range(0, chain.Count).Any(i => chain[i].Owner == tree.Device && (i == chain.Count - 1 || Saw(chain[i + 1], tree.Log, tree.Sequence, tree.Dot.Commit)));
        }

        return true;
    }

    private Func<DeviceId, bool> IsAdministrator { get; init; } = _ => false;

    private CheckpointFloor? FloorOver(in OperationOrigin origin)
    {
        foreach (var floor in _floors)
        {
            if (!Plants.OwnersAboveFloors && floor.Floor.Covers(origin.Log, origin.Sequence, origin.Dot.Commit, _branches)) return floor;
        }

        return null;
    }

    // Few are said of a unit, and few writes below a floor are asked for: they need not be kept.
    private List<Generation> ChainAt(Unit unit, CheckpointFloor? floor)
    {
        if (floor is null || unit.Said.TrueForAll(g => floor.Floor.Covers(g.Log, g.Sequence, g.Dot.Commit, _branches))) return unit.Chain;
        return UnitOf(unit.Said.FindAll(g => floor.Floor.Covers(g.Log, g.Sequence, g.Dot.Commit, _branches)), IsAdministrator, _branches).Chain;
    }

    private List<Generation>? ChainOf(string key)
    {
        foreach (string unit in Generation.UnitsOver(key))
        {
            if (_units.TryGetValue(unit, out var found) && found.Chain.Count > 0) return found.Chain;
        }

        return null;
    }

    private static Unit UnitOf(ImmutableList<Generation> said, Func<DeviceId, bool> isAdministrator, ILogBranches branches)
    {
        Generation[] claims = [.. said.Where(g => g.After is null && g.Owner == g.Device)];
        // Somebody who had seen that the unit is owned cannot be its first owner.
        Generation[] first = [.. claims.Where(c => !claims.Any(o => o.Dot != c.Dot && c.Final.Covers(o.Log, o.Sequence, o.Dot.Commit, branches)))];
        if (first.Length == 0) return new(said, [], false);
        var chain = new List<Generation> { Greatest(first) };
        bool asks = false;
        while (Next(chain[^1], said, isAdministrator, branches, ref asks) is { } next && !chain.Contains(next)) chain.Add(next);
        return new(said, chain, asks);
    }

    private static Generation? Next(Generation current, IEnumerable<Generation> unit, Func<DeviceId, bool> isAdministrator, ILogBranches branches, ref bool asks)
    {
        Generation[] after = [.. unit.Where(g => g.After == current.Dot)];
        asks |= after.Any(g => g.Device != current.Owner);
        Generation[] rightful = [.. after.Where(g => g.Device == current.Owner || isAdministrator(g.Device))];
        // Nor can it be ended again by somebody who had seen that it has ended.
        Generation[] next = [.. rightful.Where(g => !rightful.Any(o => o.Dot != g.Dot && g.Final.Covers(o.Log, o.Sequence, o.Dot.Commit, branches)))];
        Generation[] own = [.. next.Where(g => g.Device == current.Owner)];
        return own.Length > 0 ? Greatest(own) : next.Length > 0 ? Greatest(next) : null;
    }

    private static Generation Greatest(IEnumerable<Generation> generations) => generations.Aggregate((a, b) => Generation.CompareOrder(a, b) >= 0 ? a : b);
}
