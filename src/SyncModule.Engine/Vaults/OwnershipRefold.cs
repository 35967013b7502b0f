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
/// <param name="late">Takes what was settled.</param>
/// <param name="count">Takes what became of an item.</param>
/// <remarks>What lies below the floor of an adopted checkpoint counts as it did there, for ever (format-1 §8): its states are where this begins.</remarks>
internal sealed class OwnershipRefold(VaultContext vault, RowAccess rows, IndexState state, LateDecisions late, Action<Id16, ItemChange> count)
{
    /// <param name="collection">Of which the commit says something.</param>
    /// <param name="said">The generations that it has brought.</param>
    /// <param name="before">Who owned what without them.</param>
    /// <param name="applied">The vector that goes with the rows.</param>
    /// <param name="folded">The commit, which is not among the applied ones yet.</param>
    public void After(string collection, IReadOnlyList<Dot> said, Ownership before, VersionVector applied, FoldedCommit folded)
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

        if (units.Count > 0) Refold(collection, units, folded);
    }

    /// <summary>A checkpoint with a snapshot: what lies at or below its floor counts as the generations there say, and others may have been applied here.</summary>
    /// <param name="collection">Of which it has a snapshot.</param>
    /// <param name="floor">Its own.</param>
    /// <param name="before">Who owned what without it.</param>
    /// <param name="applied">The vector that goes with the rows.</param>
    /// <param name="folded">The commit, which is not among the applied ones yet.</param>
    public void AfterFloor(string collection, CheckpointFloor floor, Ownership before, VersionVector applied, FoldedCommit folded)
    {
        var now = rows.Collections(applied, vault).OwnersOf(collection);
        if (!now.Any) return;
        bool isLast = now.Floors[^1].Dot == floor.Dot;
        var (under, above) = (now.Said.Where(g => now.IsUnder(g, floor)).ToList(), now.Said.Where(g => !now.IsUnder(g, floor)).ToList());
        if (isLast && above.Count == 0) return;
        // Who had seen the owners below the floor changes nothing of what it had seen there (Ownership). An earlier floor that came later may tell of anything.
        bool onlyUnseen = isLast && above.TrueForAll(a => under.TrueForAll(u => now.Saw(a, u.Log, u.Sequence, u.Dot.Commit)));
        var adopted = CommitsUnder.Adopted(rows);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var log in floor.Floor.Logs.Select(l => l.Key))
        {
            ulong from = onlyUnseen && state.Applied[log].Count == 1 ? above.Min(g => g.Final.Sequence(log)) + 1 : 0;
            foreach (var (key, _) in rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, from), IndexTables.LogFrom(log, floor.Floor.Sequence(log) + 1)).ToList())
            {
                var id = new CommitId(key.AsSpan(24));
                if (rows.Commit(id) is not { State: CommitState.Applied, Lane: Lane.Data } row || adopted?.Contains(id, row) == true) continue;
                foreach (var (operation, origin) in vault.Blocks.Read(rows, id, row).Operations(id, row))
                {
                    if (operation.Collection == collection && operation.Key.Length > 0 && before.Counts(operation, origin) != now.Counts(operation, origin)) keys.Add(operation.Key);
                }
            }
        }

        if (keys.Count > 0) Refold(collection, keys, folded);
    }

    /// <summary>A snapshot was joined with what is here: what counts of the operations behind it is told by the owners that came with it.</summary>
    /// <param name="applied">The vector that goes with the rows.</param>
    public void AfterAdoption(VersionVector applied)
    {
        // Sums are kept by log: of a forked one two states cannot be joined.
        var known = rows.Collections(applied, vault); // with the branches that the folds below ask for
        bool forks = applied.Logs.Any(l => l.Value.Length > 1);
        rows.Flush(vault.MayUseThreads);
        HashSet<string> collections = [.. forks ? rows.AllItems().Select(i => i.Item.Collection) : known.All.Where(c => c.Generations.Count > 0).Select(c => c.Collection)];
        foreach (string collection in collections) Refold(collection, [""], null);
    }

    // What is not in the chain changes nobody's standing.
    private static bool IsWithoutEffect(Generation generation, Ownership before, Ownership now) =>
        before.ChainOfUnit(generation.Unit).SequenceEqual(now.ChainOfUnit(generation.Unit));

    // It stands behind the chain as it was, or begins one: then only what its author had not seen may change sides.
    private static bool IsNext(Generation generation, Ownership before, Ownership now)
    {
        var (old, chain) = (before.ChainOfUnit(generation.Unit), now.ChainOfUnit(generation.Unit));
        return chain.Count == old.Count + 1 && ReferenceEquals(chain[^1], generation) && chain.Take(old.Count).SequenceEqual(old);
    }

    /// <summary>The units over all keys of a collection that are written by applied commits which the author of a generation had not seen.</summary>
    private HashSet<string> Touched(string collection, Generation generation, Ownership owners)
    {
        var adopted = CommitsUnder.Adopted(rows);
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

    private void Refold(string collection, HashSet<string> units, FoldedCommit? folded)
    {
        rows.Flush(vault.MayUseThreads);
        var collections = rows.Collections(state.Applied, vault);
        var (states, settled) = (new Dictionary<Id16, KeyState?>(), new List<(Operation Operation, OperationOrigin Origin)>());
        // An atomic commit counts whole or not at all: with an item of the unit the others that it changes may change sides too.
        var with = new HashSet<Id16>();
        foreach (var commit in Commits(folded))
        {
            if (commit.IsAtomic && commit.All.Any(o => Covers(o.Operation))) with.UnionWith(commit.All.Where(o => o.Operation.Key.Length > 0).Select(o => TagOf(o.Operation)));
        }

        foreach (var start in Snapshot.AdoptedStates(vault, rows))
        {
            if (start.Key.Length == 0) continue;
            if ((start.Collection == collection && InUnits(start.Key)) || with.Contains(vault.Keys.ItemTag(start.Collection, start.Key))) states[vault.Keys.ItemTag(start.Collection, start.Key)] = start;
        }

        foreach (var commit in Commits(folded))
        {
            bool isVoid = commit.IsAtomic && commit.All.Any(o => o.Operation.Key.Length > 0 && !Counts(o.Operation, o.Origin));
            foreach (var (operation, origin) in commit.All)
            {
                if (operation.Detail is CheckpointDetail checkpoint)
                {
                    states.TakeOut(vault.Keys, operation.Collection, checkpoint);
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

        var adopted = CommitsUnder.Adopted(rows);
        rows.RemoveRecords(r => adopted?.Contains(r.Decision!.Dot) != true && ((r.Collection == collection && InUnits(r.Key)) || with.Contains(vault.Keys.ItemTag(r.Collection, r.Key))));
        foreach (var (operation, origin) in settled)
        {
            var records = MergeRecords.Settled(operation, origin, rows.Counting(vault.Operations(rows, operation.Replaces)));
            foreach (var record in records) rows.SetRecord(TagOf(operation), record);
            late.Note(operation, origin, records, before: null);
        }

        foreach (var (tag, after) in states) Replace(tag, after, collections);

        bool InUnits(string key) => Generation.UnitsOver(key).Any(units.Contains);
        bool Covers(Operation operation) => operation.Collection == collection && InUnits(operation.Key);
        bool Counts(Operation operation, OperationOrigin origin) => collections.OwnersOf(operation.Collection).Counts(operation, origin);
        Id16 TagOf(Operation operation) => vault.Keys.ItemTag(operation.Collection, operation.Key);
    }

    private void Replace(Id16 tag, KeyState? after, CollectionStates collections)
    {
        var before = rows.Item(tag);
        count(tag, PreparedRows.ChangeOf(collections.MaskOrNull(before), collections.MaskOrNull(after)));
        if (after is not null) rows.SetItem(tag, after);
        else if (before is not null) rows.RemoveItem(tag);
    }

    // In the order in which they were applied, which is a causal one; the one at hand comes last.
    private IEnumerable<AppliedCommit> Commits(FoldedCommit? folded)
    {
        var adopted = CommitsUnder.Adopted(rows);
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder).ToList())
        {
            var commit = new CommitId(key);
            if (rows.Commit(commit) is { State: CommitState.Applied } applied && adopted?.Contains(commit, applied) != true) yield return Of(commit, applied, vault.Blocks.Read(rows, commit, applied));
        }

        if (folded is { } last) yield return Of(last.Id, last.Row, last.Content);
    }

    private AppliedCommit Of(CommitId id, CommitRow row, CommitContent content)
    {
        var all = content.Operations(id, row).Where(o => o.Operation.Key.Length > 0 || o.Operation.Kind == OperationKind.Checkpoint).ToList();
        var flags = all.Count == 0 ? CommitFlags.None : Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header.Flags;
        return new((flags & CommitFlags.Atomic) != 0, all);
    }

    /// <summary>The operations on items of one commit.</summary>
    private sealed record AppliedCommit(bool IsAtomic, IReadOnlyList<(Operation Operation, OperationOrigin Origin)> All);
}

/// <summary>A commit whose operations are being folded.</summary>
internal readonly record struct FoldedCommit(CommitId Id, CommitRow Row, CommitContent Content);
