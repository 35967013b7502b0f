using System.Collections.Concurrent;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What a vault's collections say of themselves at one moment (their policies, the trees that went): few and small, so they are read whole,
/// and states of items are shown under them. Usually there is none. Never changed once made.
/// </summary>
internal sealed class CollectionStates
{
    private readonly Dictionary<string, KeyState> _byName;
    private readonly Dictionary<string, CollectionPolicy> _policies = new(StringComparer.Ordinal);
    private readonly ILogBranches _branches;

    private readonly Func<DeviceId, bool> _isAdministrator;
    private readonly ConcurrentDictionary<string, Ownership> _owners = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, List<CheckpointFloor>>? _floors; // by collection, ascending; null: not read yet, because nobody owns anything

    private CollectionStates(Dictionary<string, KeyState> byName, IReadOnlyDictionary<string, List<CheckpointFloor>>? floors, ILogBranches branches, Func<DeviceId, bool> isAdministrator)
    {
        (_byName, _floors, _branches, _isAdministrator) = (byName, floors, branches, isAdministrator);
        foreach (var (name, state) in byName) _policies.Add(name, CollectionPolicy.Of(state));
        MayOwn = _policies.Values.Any(p => p.MayOwn);
        Derived = _policies.Where(p => p.Value.IsDerived).Select(p => p.Key).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Those of a part of the operations, before the first one. Checkpoints are among what is added.</summary>
    public static CollectionStates None { get; } = new(new(StringComparer.Ordinal), new Dictionary<string, List<CheckpointFloor>>(StringComparer.Ordinal), LogBranches.Linear, _ => false);

    // Those of an index in which nothing was said of any collection.
    private static CollectionStates Unsaid { get; } = new(new(StringComparer.Ordinal), null, LogBranches.Linear, _ => false);

    /// <param name="rows">Of the index.</param>
    /// <param name="applied">The vector that goes with them.</param>
    /// <param name="isAdministrator">In the fold that goes with them (format-1 §9: who may rescue a unit).</param>
    public static CollectionStates Read(RowAccess rows, VersionVector applied, Func<DeviceId, bool> isAdministrator)
    {
        Dictionary<string, KeyState>? byName = null;
        foreach (var (tag, _) in rows.Transaction.Scan(IndexTables.Collection))
        {
            if (rows.Item(new Id16(tag)) is { } state) (byName ??= new(StringComparer.Ordinal))[state.Collection] = state;
        }

        return byName is null ? Unsaid : Make(byName, null, rows, applied, isAdministrator);
    }

    /// <summary>Who owns what in a collection.</summary>
    public Ownership OwnersOf(string collection)
    {
        if (_byName.Count == 0 || !_byName.TryGetValue(collection, out var state) || state.Generations.Count == 0) return Ownership.None;
        return _owners.GetOrAdd(collection, _ => Ownership.Of(state.Generations, _floors!.GetValueOrDefault(collection, []), _isAdministrator, _branches));
    }

    /// <summary>True when somebody was ever said to own something.</summary>
    public bool AnyOwners => _byName.Values.Any(c => c.Generations.Count > 0);

    /// <summary>The state of a collection; null when nothing was ever said of it.</summary>
    public KeyState? Of(string collection) => _byName.GetValueOrDefault(collection);

    /// <summary>Every collection of which something was said.</summary>
    public IEnumerable<KeyState> All => _byName.Values;

    /// <summary>The policy of a collection; the default where nothing was said.</summary>
    public CollectionPolicy PolicyOf(string collection) => _policies.GetValueOrDefault(collection, CollectionPolicy.None);

    /// <summary>Collections whose items are computed on each device; nearly always none.</summary>
    public IReadOnlySet<string> Derived { get; }

    /// <summary>True when whoever writes a record first may come to own it somewhere. Asked for each write.</summary>
    public bool MayOwn { get; }

    /// <summary>True when versions of some item may wait for a person.</summary>
    public bool MayWait => _policies.Values.Any(p => p.MayWait);

    /// <summary>The item as it shows, under the trees that went and then the policy; the same object nearly always.</summary>
    public KeyState Mask(KeyState item) =>
        _byName.Count > 0 && _byName.TryGetValue(item.Collection, out var collection) ? _policies[item.Collection].Show(Masking.Under(collection.Trees, item, _branches, OwnersOf(item.Collection))) : item;

    public KeyState? MaskOrNull(KeyState? item) => item is null ? null : Mask(item);

    private static CollectionStates Make(Dictionary<string, KeyState> byName, IReadOnlyDictionary<string, List<CheckpointFloor>>? floors, RowAccess rows, VersionVector applied, Func<DeviceId, bool> isAdministrator)
    {
        floors ??= byName.Values.Any(s => s.Generations.Count > 0) ? rows.Floors() : null;
        var asked = byName.Values.SelectMany(s => s.Trees.Select(t => t.Seen).Concat(s.Generations.Select(g => g.Final)).Concat(s.Generations.Count == 0 ? [] : floors!.GetValueOrDefault(s.Collection, []).Select(f => f.Floor)));
        return new(byName, floors, LogBranches.Of(rows, applied, asked), isAdministrator);
    }

    /// <summary>The same with one more checkpoint that has a snapshot of a collection.</summary>
    /// <inheritdoc cref="With(KeyState, RowAccess, VersionVector, Func{DeviceId, bool})"/>
    public CollectionStates With(string collection, CheckpointFloor floor, RowAccess rows, VersionVector applied, Func<DeviceId, bool> isAdministrator)
    {
        if (_floors is null) return this;
        var floors = new Dictionary<string, List<CheckpointFloor>>(_floors, StringComparer.Ordinal);
        floors[collection] = [.. floors.GetValueOrDefault(collection, []), floor];
        floors[collection].Sort();
        return Make(_byName, floors, rows, applied, isAdministrator);
    }

    /// <summary>The same with the new state of one collection.</summary>
    public CollectionStates With(KeyState collection, RowAccess rows, VersionVector applied, Func<DeviceId, bool> isAdministrator)
    {
        var byName = new Dictionary<string, KeyState>(_byName, StringComparer.Ordinal) { [collection.Collection] = collection };
        var with = Make(byName, _floors, rows, applied, isAdministrator);
        if (_branches != LogBranches.Linear || with._branches != LogBranches.Linear) return with;
        // A collection may have as many owners as records: the chains that nothing was said of are carried on.
        foreach (var (name, owners) in _owners)
        {
            if (owners.AsksForAdministrators) continue;
            if (name != collection.Collection) with._owners[name] = owners;
            else if (Added(_byName[name].Generations, collection.Generations) is { } added) with._owners[name] = added.Count == 0 ? owners : owners.With(added, isAdministrator, with._branches);
        }

        return with;
    }

    // Both ascend by dot, and what was folded before is the same object still. Null when something has gone, or is another one.
    private static List<Generation>? Added(IReadOnlyList<Generation> before, IReadOnlyList<Generation> after)
    {
        var added = new List<Generation>();
        int b = 0;
        for (int a = 0; a < after.Count; a++)
        {
            if (b < before.Count && ReferenceEquals(before[b], after[a])) b++;
            else added.Add(after[a]);
        }

        return b == before.Count ? added : null;
    }
}

/// <summary>The chains of logs as far as trees ask for them: nothing at all where no such log is forked.</summary>
internal sealed class LogBranches : ILogBranches
{
    private readonly Dictionary<LogId, Dictionary<CommitId, HashSet<CommitId>>> _forked = [];

    private LogBranches()
    {
    }

    public static LogBranches Linear { get; } = new();

    /// <param name="rows">Of the index.</param>
    /// <param name="applied">The vector that goes with them.</param>
    /// <param name="vectors">Those that will be asked.</param>
    public static LogBranches Of(RowAccess rows, VersionVector applied, IEnumerable<VersionVector> vectors)
    {
        if (applied.Logs.All(l => l.Value.Length <= 1)) return Linear;
        LogBranches? branches = null;
        foreach (var (log, tips) in vectors.SelectMany(v => v.Logs))
        {
            if (applied[log].Count <= 1) continue;
            branches ??= new();
            if (!branches._forked.TryGetValue(log, out var behind)) branches._forked[log] = behind = [];
            foreach (var tip in tips)
            {
                if (!behind.ContainsKey(tip.Id)) behind[tip.Id] = Behind(rows, tip.Id);
            }
        }

        return branches ?? Linear;
    }

    /// <inheritdoc/>
    public bool IsBehind(LogId log, CommitId commit, Tip tip) =>
        !_forked.TryGetValue(log, out var behind) || (behind.TryGetValue(tip.Id, out var ancestors) && ancestors.Contains(commit));

    private static HashSet<CommitId> Behind(RowAccess rows, CommitId tip)
    {
        var ancestors = new HashSet<CommitId>();
        for (var at = rows.Commit(tip); at is not null && !at.Previous.IsZero; at = rows.Commit(at.Previous)) ancestors.Add(at.Previous);
        return ancestors;
    }
}
