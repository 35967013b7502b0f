using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Makes the items of a unit anew from all applied commits when who owns it has changed behind writes that were folded already (format-1 §6: never
/// folded on top, never undone by an inverse). Inside the index transaction that folds the `own` operation.
/// </summary>
internal sealed class OwnershipRefold(VaultContext vault, RowAccess rows, IndexState state)
{
    /// <param name="said">The generations that the commit has brought.</param>
    /// <param name="id">The commit, which is not among the applied ones yet.</param>
    /// <param name="row">Its row.</param>
    /// <param name="content">Its operations.</param>
    /// <param name="count">Takes what became of an item.</param>
    public void After(IReadOnlyList<Generation> said, CommitId id, CommitRow row, CommitContent content, Action<Id16, ItemChange> count)
    {
        foreach (var generation in said)
        {
            // Nearly always: its author had seen all that is here, so nothing that is folded changes its standing.
            if (SawAll(generation)) continue;
            string collection = CollectionOf(content, id, generation.Dot);
            Refold(collection, generation, id, row, content, count);
        }
    }

    private bool SawAll(Generation generation) =>
        state.Applied.Logs.All(l => l.Value.All(t => generation.Final[l.Key].Any(f => f.Sequence >= t.Sequence) && (generation.Final[l.Key].Contains(t) || l.Value.Length == 1)));

    private static string CollectionOf(CommitContent content, CommitId id, Dot dot) =>
        content.Blocks[dot.Index / Dot.BlockStride][dot.Index % Dot.BlockStride].Operation is { } operation && dot.Commit == id ? operation.Collection : throw new InvalidOperationException("A generation is not of the commit that brought it.");

    private void Refold(string collection, Generation unit, CommitId id, CommitRow row, CommitContent content, Action<Id16, ItemChange> count)
    {
        rows.Flush(vault.MayUseThreads);
        var collections = rows.Collections(state.Applied, vault);
        var (states, settled) = (new Dictionary<Id16, KeyState?>(), new List<(Operation Operation, OperationOrigin Origin)>());
        // An atomic commit counts whole or not at all: with an item of the unit the others that it changes may change sides too.
        var with = new HashSet<Id16>();
        foreach (var commit in Commits(id, row, content))
        {
            if (commit.IsAtomic && commit.All.Any(o => Covers(o.Operation))) with.UnionWith(commit.All.Select(o => TagOf(o.Operation)));
        }

        foreach (var commit in Commits(id, row, content))
        {
            bool isVoid = commit.IsAtomic && commit.All.Any(o => !Counts(o.Operation, o.Origin));
            foreach (var (operation, origin) in commit.All)
            {
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

        rows.RemoveRecords(r => (r.Collection == collection && unit.Covers(r.Key)) || with.Contains(vault.Keys.ItemTag(r.Collection, r.Key)));
        foreach (var (operation, origin) in settled)
        {
            var replaced = vault.Operations(rows, operation.Replaces).Where(r => Counts(r.Operation, r.Origin));
            foreach (var record in MergeRecords.Settled(operation, origin, [.. replaced])) rows.SetRecord(record);
        }

        foreach (var (tag, after) in states) Replace(tag, after, collections, count);

        bool Covers(Operation operation) => operation.Collection == collection && unit.Covers(operation.Key);
        bool Counts(Operation operation, OperationOrigin origin) => collections.OwnersOf(operation.Collection).Counts(operation, origin);
        Id16 TagOf(Operation operation) => vault.Keys.ItemTag(operation.Collection, operation.Key);
    }

    private void Replace(Id16 tag, KeyState? after, CollectionStates collections, Action<Id16, ItemChange> count)
    {
        var before = rows.Item(tag);
        if (after is null && before is null) return;
        var change = after is null ? PreparedRows.ChangeOf(null, collections.Mask(before!)) : PreparedRows.ChangeOf(collections.MaskOrNull(before), collections.Mask(after));
        // What was there and is not any more: the same, told from the other side.
        if (after is null) change = ((change & ItemChange.IsAlive) != 0 ? ItemChange.WasAlive : 0) | ((change & ItemChange.IsOpen) != 0 ? ItemChange.WasOpen : 0);
        count(tag, change);
        if (after is null) rows.RemoveItem(tag);
        else rows.SetItem(tag, after);
    }

    // In the order in which they were applied, which is a causal one; the one at hand comes last.
    private IEnumerable<AppliedCommit> Commits(CommitId id, CommitRow row, CommitContent content)
    {
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder).ToList())
        {
            var commit = new CommitId(key);
            if (rows.Commit(commit) is { State: CommitState.Applied } applied) yield return Of(commit, applied, vault.Blocks.Read(rows, commit, applied));
        }

        yield return Of(id, row, content);
    }

    private AppliedCommit Of(CommitId id, CommitRow row, CommitContent content)
    {
        var all = new List<(Operation, OperationOrigin)>();
        for (int b = 0; b < content.Blocks.Count; b++)
        {
            for (int i = 0; i < content.Blocks[b].Count; i++)
            {
                if (content.Blocks[b][i].Operation is { Key.Length: > 0 } operation) all.Add((operation, new(Dot.At(id, b, i), row.Timestamp, row.Device, row.Log, row.Sequence)));
            }
        }

        var flags = all.Count == 0 ? CommitFlags.None : Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header.Flags;
        return new((flags & CommitFlags.Atomic) != 0, all);
    }

    /// <summary>The operations on items of one commit.</summary>
    private sealed record AppliedCommit(bool IsAtomic, IReadOnlyList<(Operation Operation, OperationOrigin Origin)> All);
}
