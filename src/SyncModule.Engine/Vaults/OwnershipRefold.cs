using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Makes the items of units anew from all applied commits when who owns it has changed behind writes that were folded already (format-1 §6: never
/// folded on top, never undone by an inverse). Inside the index transaction that folds the `own` operation.
/// </summary>
/// <param name="vault">Its keys, its log.</param>
/// <param name="rows">Of the transaction.</param>
/// <param name="state">The vectors that go with them.</param>
/// <param name="count">Takes what became of an item.</param>
/// <remarks>What lies below the floor of an adopted checkpoint counts as it did there, for ever (format-1 §8): its states are where this begins.</remarks>
internal sealed class OwnershipRefold(VaultContext vault, RowAccess rows, IndexState state, Action<Id16, ItemChange> count)
{
    private static readonly byte[] CitedKey = "cited"u8.ToArray();

    /// <summary>Some write that counts cites an owner where nobody was one. Should somebody become one there, it counts no longer, whatever he had seen.</summary>
    public static void NoteCitedNobody(RowAccess rows)
    {
        if (!rows.Transaction.Contains(IndexTables.Meta, CitedKey)) rows.Transaction.Put(IndexTables.Meta, CitedKey, []);
    }

    /// <param name="collection">Of which the commit says something.</param>
    /// <param name="said">The generations that it has brought.</param>
    /// <param name="before">Who owned what without them.</param>
    /// <param name="applied">The vector that goes with the rows.</param>
    /// <param name="id">The commit, which is not among the applied ones yet.</param>
    /// <param name="row">Its row.</param>
    /// <param name="content">Its operations.</param>
    public void After(string collection, IReadOnlyList<Dot> said, Ownership before, VersionVector applied, CommitId id, CommitRow row, CommitContent content)
    {
        var now = rows.Collections(applied, vault);
        var owners = now.OwnersOf(collection);
        var units = new HashSet<string>(StringComparer.Ordinal);
        (Generation From, HashSet<string> Units)? touched = null;
        foreach (var dot in said)
        {
            var generation = now.Of(collection)!.FindGeneration(dot)!;
            if (units.Contains(generation.Unit) || IsWithoutEffect(generation, before, owners)) continue;
            // All that one commit says has nearly always seen the same.
            if (touched is not { } t || !t.From.Final.SameAs(generation.Final)) touched = (generation, Touched(collection, generation, owners));
            if (!IsNext(generation, before, owners) || touched.Value.Units.Contains(generation.Unit)) units.Add(generation.Unit);
        }

        if (units.Count > 0) Refold(collection, units, id, row, content);
    }

    // What is not in the chain changes nobody's standing.
    private static bool IsWithoutEffect(Generation generation, Ownership before, Ownership now) =>
        before.ChainOfUnit(generation.Unit).SequenceEqual(now.ChainOfUnit(generation.Unit));

    // It stands behind the chain as it was, or begins one where nobody owned anything: then only what its author had not seen may change sides.
    private bool IsNext(Generation generation, Ownership before, Ownership now)
    {
        var (old, chain) = (before.ChainOfUnit(generation.Unit), now.ChainOfUnit(generation.Unit));
        if (chain.Count != old.Count + 1 || !ReferenceEquals(chain[^1], generation) || !chain.Take(old.Count).SequenceEqual(old)) return false;
        if (old.Count > 0) return true;
        // Under a wider unit it was another owner's to write, who cited another chain.
        bool isAlone = Generation.UnitsOver(generation.Unit).Skip(1).All(u => before.ChainOfUnit(u).Count == 0 && now.ChainOfUnit(u).Count == 0);
        return isAlone && !rows.Transaction.Contains(IndexTables.Meta, CitedKey);
    }

    /// <summary>The units over all keys of a collection that are written by applied commits which the author of a generation had not seen.</summary>
    private HashSet<string> Touched(string collection, Generation generation, Ownership owners)
    {
        var adopted = Adopted();
        var units = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (log, tips) in state.Applied.Logs)
        {
            // Where the log has one branch, its number tells where the unseen ones begin.
            ulong from = tips.Length == 1 ? generation.Final.Sequence(log) + 1 : 0;
            foreach (var (key, _) in rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, from), IndexTables.PrefixEnd(log.ToArray())).ToList())
            {
                var commit = new CommitId(key.AsSpan(24));
                if (rows.Commit(commit) is not { State: CommitState.Applied, Lane: Lane.Data } unseen || owners.Saw(generation, log, unseen.Sequence, commit) || adopted?.Contains(commit, unseen) == true) continue;
                foreach (var (operation, _) in vault.Blocks.Read(rows, commit, unseen).Operations(commit, unseen))
                {
                    if (operation.Collection == collection) units.UnionWith(Generation.UnitsOver(operation.Key));
                }
            }
        }

        return units;
    }

    private void Refold(string collection, HashSet<string> units, CommitId id, CommitRow row, CommitContent content)
    {
        rows.Flush(vault.MayUseThreads);
        var collections = rows.Collections(state.Applied, vault);
        var (states, settled) = (new Dictionary<Id16, KeyState?>(), new List<(Operation Operation, OperationOrigin Origin)>());
        // An atomic commit counts whole or not at all: with an item of the unit the others that it changes may change sides too.
        var with = new HashSet<Id16>();
        foreach (var commit in Commits(id, row, content))
        {
            if (commit.IsAtomic && commit.All.Any(o => Covers(o.Operation))) with.UnionWith(commit.All.Where(o => o.Operation.Key.Length > 0).Select(o => TagOf(o.Operation)));
        }

        foreach (var start in Snapshot.AdoptedStates(vault, rows))
        {
            if (start.Key.Length == 0) continue;
            if ((start.Collection == collection && InUnits(start.Key)) || with.Contains(vault.Keys.ItemTag(start.Collection, start.Key))) states[vault.Keys.ItemTag(start.Collection, start.Key)] = start;
        }

        foreach (var commit in Commits(id, row, content))
        {
            bool isVoid = commit.IsAtomic && commit.All.Any(o => o.Operation.Key.Length > 0 && !Counts(o.Operation, o.Origin));
            foreach (var (operation, origin) in commit.All)
            {
                if (operation.Detail is CheckpointDetail checkpoint)
                {
                    Drop(states, operation.Collection, checkpoint);
                    continue;
                }

                var tag = TagOf(operation);
                if (!Covers(operation) && !with.Contains(tag)) continue;
                var before = states.GetValueOrDefault(tag);
                states[tag] = before;
                byte[] key = IndexTables.DotKey(origin.Dot);
                if (isVoid || !Counts(operation, origin))
                {
                    rows.Transaction.Put(IndexTables.Refused, key, tag.ToArray());
                    continue;
                }

                if (rows.Transaction.Contains(IndexTables.Refused, key)) rows.Transaction.Delete(IndexTables.Refused, key);
                states[tag] = Folding.Apply(before, operation, origin);
                if (MergeRecords.MaySettle(operation)) settled.Add((operation, origin));
            }
        }

        var adopted = Adopted();
        rows.RemoveRecords(r => !(rows.Commit(r.Decision!.Dot.Commit) is { } decided && adopted?.Contains(r.Decision.Dot.Commit, decided) == true) && ((r.Collection == collection && InUnits(r.Key)) || with.Contains(vault.Keys.ItemTag(r.Collection, r.Key))));
        foreach (var (operation, origin) in settled)
        {
            foreach (var record in MergeRecords.Settled(operation, origin, rows.Counting(vault.Operations(rows, operation.Replaces)))) rows.SetRecord(TagOf(operation), record);
        }

        foreach (var (tag, after) in states) Replace(tag, after, collections);

        bool InUnits(string key) => Generation.UnitsOver(key).Any(units.Contains);
        bool Covers(Operation operation) => operation.Collection == collection && InUnits(operation.Key);
        bool Counts(Operation operation, OperationOrigin origin) => collections.OwnersOf(operation.Collection).Counts(operation, origin);
        Id16 TagOf(Operation operation) => vault.Keys.ItemTag(operation.Collection, operation.Key);
    }

    private void Drop(Dictionary<Id16, KeyState?> states, string collection, CheckpointDetail checkpoint)
    {
        foreach (var dropped in checkpoint.Dropped)
        {
            var tag = vault.Keys.ItemTag(collection, dropped.Key);
            if (states.GetValueOrDefault(tag) is { } before) states[tag] = Dropping.Apply(before, dropped);
        }
    }

    private void Replace(Id16 tag, KeyState? after, CollectionStates collections)
    {
        var before = rows.Item(tag);
        count(tag, PreparedRows.ChangeOf(collections.MaskOrNull(before), collections.MaskOrNull(after)));
        if (after is not null) rows.SetItem(tag, after);
        else if (before is not null) rows.RemoveItem(tag);
    }

    // In the order in which they were applied, which is a causal one; the one at hand comes last.
    private IEnumerable<AppliedCommit> Commits(CommitId id, CommitRow row, CommitContent content)
    {
        var adopted = Adopted();
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder).ToList())
        {
            var commit = new CommitId(key);
            if (rows.Commit(commit) is { State: CommitState.Applied } applied && adopted?.Contains(commit, applied) != true) yield return Of(commit, applied, vault.Blocks.Read(rows, commit, applied));
        }

        yield return Of(id, row, content);
    }

    private CommitsUnder? Adopted() => CheckpointRows.Adopted(rows) is { } adopted ? new(rows, adopted.Floor) : null;

    private AppliedCommit Of(CommitId id, CommitRow row, CommitContent content)
    {
        var all = content.Operations(id, row).Where(o => o.Operation.Key.Length > 0 || o.Operation.Kind == OperationKind.Checkpoint).ToList();
        var flags = all.Count == 0 ? CommitFlags.None : Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header.Flags;
        return new((flags & CommitFlags.Atomic) != 0, all);
    }

    /// <summary>The operations on items of one commit.</summary>
    private sealed record AppliedCommit(bool IsAtomic, IReadOnlyList<(Operation Operation, OperationOrigin Origin)> All);
}
