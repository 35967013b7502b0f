using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Makes the items of a unit anew from all applied commits when who owns it has changed behind writes that were folded already (format-1 §6: never
/// folded on top, never undone by an inverse). Inside the index transaction that folds the `own` operation.
/// </summary>
/// <param name="vault">Its keys, its log.</param>
/// <param name="rows">Of the transaction.</param>
/// <param name="state">The vectors that go with them.</param>
/// <param name="count">Takes what became of an item.</param>
/// <remarks>What lies below the floor of an adopted checkpoint counts as it did there, for ever (format-1 §8): its states are where this begins.</remarks>
internal sealed class OwnershipRefold(VaultContext vault, RowAccess rows, IndexState state, Action<Id16, ItemChange> count)
{
    /// <param name="collection">Whose unit it is.</param>
    /// <param name="unit">The generation that the commit has brought.</param>
    /// <param name="id">The commit, which is not among the applied ones yet.</param>
    /// <param name="row">Its row.</param>
    /// <param name="content">Its operations.</param>
    public void After(string collection, Generation unit, CommitId id, CommitRow row, CommitContent content)
    {
        // Nearly always: its author had seen all that is here, so nothing that is folded changes its standing.
        if (!SawAll(unit)) Refold(collection, unit, id, row, content);
    }

    // A number tells enough where the log has one branch here.
    private bool SawAll(Generation generation) => state.Applied.Logs.All(log => log.Value.All(tip =>
        generation.Final[log.Key] is var seen && (seen.Contains(tip) || (log.Value.Length == 1 && seen.Any(t => t.Sequence > tip.Sequence)))));

    private void Refold(string collection, Generation unit, CommitId id, CommitRow row, CommitContent content)
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
            if ((start.Collection == collection && unit.Covers(start.Key)) || with.Contains(vault.Keys.ItemTag(start.Collection, start.Key))) states[vault.Keys.ItemTag(start.Collection, start.Key)] = start;
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
        rows.RemoveRecords(r => !(rows.Commit(r.Decision!.Dot.Commit) is { } decided && adopted?.Contains(r.Decision.Dot.Commit, decided) == true) && ((r.Collection == collection && unit.Covers(r.Key)) || with.Contains(vault.Keys.ItemTag(r.Collection, r.Key))));
        foreach (var (operation, origin) in settled)
        {
            foreach (var record in MergeRecords.Settled(operation, origin, rows.Counting(vault.Operations(rows, operation.Replaces)))) rows.SetRecord(TagOf(operation), record);
        }

        foreach (var (tag, after) in states) Replace(tag, after, collections);

        bool Covers(Operation operation) => operation.Collection == collection && unit.Covers(operation.Key);
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
