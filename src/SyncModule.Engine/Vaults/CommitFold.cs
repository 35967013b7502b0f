using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Folds the operations of one commit into the rows of one index transaction (format-1 §6, step 7). <paramref name="arriving"/> says what
/// is known of it besides its row.
/// </summary>
internal readonly struct CommitFold(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted, ArrivingCommit? arriving)
{
    /// <summary>
    /// A commit that replaces an operation which is not applied here named it without depending on it: an honest author cannot. It
    /// waits like one that lacks a dep; folded in that order it would leave two replicas with different heads (docs/decisions/003).
    /// </summary>
    public CommitId? FirstUnseen(CommitContent content, Func<CommitId, bool> isApplied)
    {
        for (int b = 0; b < content.Blocks.Count; b++)
        {
            var block = content.Blocks[b];
            for (int i = 0; i < block.Count; i++)
            {
                if (block[i].Operation is not { Replaces.Count: > 0 } operation) continue;
                foreach (var dot in operation.Replaces)
                {
                    if (!isApplied(dot.Commit)) return dot.Commit;
                }
            }
        }

        return null;
    }

    public void All(CommitId id, CommitRow row, CommitContent content)
    {
        for (int b = 0; b < content.Blocks.Count; b++)
        {
            var block = content.Blocks[b];
            for (int i = 0; i < block.Count; i++)
            {
                if (block[i].Operation is not { } operation) continue;
                var tag = TagOf(b, i, operation);
                var origin = new OperationOrigin(Dot.At(id, b, i), row.Timestamp, row.Device, row.Log, row.Sequence);
                if (operation.Key.Length == 0) OfCollection(operation, origin, tag);
                else One(operation, origin, tag);
            }
        }
    }

    /// <summary>Takes what its writer has folded already: nothing else was folded since.</summary>
    public void Take(CommitRow row, PreparedRows made)
    {
        bool fits = made.Origins.All(rows.HasNumber);
        for (int i = 0; i < made.Count; i++)
        {
            if (fits) rows.SetItemRow(made[i].Tag, made.Row(i));
            else rows.SetItem(made[i].Tag, made.Read(i));
            Count(made[i].Tag, made[i].Change);
        }

        foreach (var (operation, dot) in made.Special) Follow(operation, new(dot, row.Timestamp, row.Device, row.Log, row.Sequence));
    }

    private void One(Operation operation, OperationOrigin origin, Id16 tag)
    {
        var before = rows.Item(tag);
        var collections = rows.Collections(state.Applied);
        if (before is null && operation.TouchesItem && collections.Of(operation.Collection) is not { Trees.Count: > 0 })
        {
            // One version, so nothing competes under any policy: its row needs no state.
            rows.SetFirst(tag, operation, origin);
            Count(tag, operation.Alive ? ItemChange.IsAlive : ItemChange.None);
        }
        else
        {
            var after = Folding.Apply(before, operation, origin);
            rows.SetItem(tag, after);
            Count(tag, PreparedRows.ChangeOf(collections.MaskOrNull(before), collections.Mask(after)));
        }

        Follow(operation, origin);
    }

    // A policy, or a tree that goes: what the collection's items show may change with it, and nothing of what they are.
    private void OfCollection(Operation operation, in OperationOrigin origin, Id16 tag)
    {
        var old = rows.Collections(state.Applied);
        var after = Folding.Apply(old.Of(operation.Collection), operation, origin);
        rows.SetCollection(tag, after, state.Applied);
        var now = rows.Collections(state.Applied);
        if (operation.Kind == OperationKind.RemoveTree || !now.PolicyOf(operation.Collection).ShowsAs(old.PolicyOf(operation.Collection))) CountUnder(operation.Collection, old, now);
        Follow(operation, origin);
    }

    private void CountUnder(string collection, CollectionStates old, CollectionStates now)
    {
        var changes = new List<(Id16 Tag, ItemChange Change)>();
        rows.Flush(vault.MayUseThreads);
        foreach (var (tag, item) in rows.AllItems())
        {
            if (item.Collection != collection || item.Key.Length == 0) continue;
            var (before, after) = (old.Mask(item), now.Mask(item));
            if (before != after) changes.Add((tag, PreparedRows.ChangeOf(before, after)));
        }

        foreach (var (tag, change) in changes) Count(tag, change);
    }

    private void Count(Id16 tag, ItemChange change)
    {
        state.Items += ((change & ItemChange.IsAlive) != 0 ? 1 : 0) - ((change & ItemChange.WasAlive) != 0 ? 1 : 0);
        bool isOpen = (change & ItemChange.IsOpen) != 0, wasOpen = (change & ItemChange.WasOpen) != 0;
        if (isOpen == wasOpen) return;
        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        if (wasOpen) rows.Transaction.Delete(IndexTables.Open, key);
        else rows.Transaction.Put(IndexTables.Open, key, []);
    }

    private void Follow(Operation operation, OperationOrigin origin)
    {
        if (MergeRecords.MaySettle(operation))
        {
            // From the original operations in the log, never from the heads that happen to be here: equal for every order of delivery.
            foreach (var record in MergeRecords.Settled(operation, origin, vault.Operations(rows, operation.Replaces))) rows.SetRecord(record);
        }

        if (operation.Value?.Reference is { } reference) wanted.Check(reference, origin.Log, origin.Sequence);
        foreach (var cell in operation.Cells)
        {
            if (cell.Value?.Reference is { } cellReference) wanted.Check(cellReference, origin.Log, origin.Sequence);
        }
    }

    private Id16 TagOf(int block, int position, Operation operation) =>
        arriving?.Tags is { } tags ? tags[block][position] : vault.Keys.ItemTag(operation.Collection, operation.Key);
}
