using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Folds the operations of one commit into the rows of one index transaction (format-1 §6, step 7). <paramref name="arriving"/> says what
/// its writer knew of the items; <paramref name="beforeHolds"/>, that nothing else was folded since.
/// </summary>
internal readonly struct CommitFold(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted, ArrivingCommit? arriving, bool beforeHolds)
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
                var known = KnownBefore(b, i); // a head that its writer saw is applied: nothing has to be looked up
                foreach (var dot in operation.Replaces)
                {
                    if (!IsHead(known, dot) && !isApplied(dot.Commit)) return dot.Commit;
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
                One(operation, new(Dot.At(id, b, i), row.Timestamp, row.Device, row.Log, row.Sequence), tag, Before(b, i, tag));
            }
        }
    }

    private void One(Operation operation, OperationOrigin origin, Id16 tag, KeyState? before)
    {
        if (before is null)
        {
            // One version, so nothing competes.
            rows.SetFirst(tag, operation, origin);
            state.Items += operation.Alive ? 1 : 0;
        }
        else
        {
            Replace(operation, origin, tag, before);
        }

        if (operation.Replaces.Count >= 2)
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

    private void Replace(Operation operation, in OperationOrigin origin, Id16 tag, KeyState before)
    {
        var after = Folding.Apply(before, operation, origin);
        rows.SetItem(tag, after);
        state.Items += (after.IsAlive ? 1 : 0) - (before.IsAlive ? 1 : 0);
        bool wasOpen = before.IsOpen;
        if (after.IsOpen == wasOpen) return;
        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        if (wasOpen) rows.Transaction.Delete(IndexTables.Open, key);
        else rows.Transaction.Put(IndexTables.Open, key, []);
    }

    private Id16 TagOf(int block, int position, Operation operation) =>
        arriving?.Tags is { } tags ? tags[block][position] : vault.Keys.ItemTag(operation.Collection, operation.Key);

    private KeyState? Before(int block, int position, Id16 tag) => beforeHolds && arriving?.Before is { } before ? before[block][position] : rows.Item(tag);

    private KeyState? KnownBefore(int block, int position) => beforeHolds && arriving?.Before is { } before ? before[block][position] : null;

    private static bool IsHead(KeyState? item, Dot dot)
    {
        if (item is null) return false;
        foreach (var cell in item.Cells)
        {
            if (cell.Find(dot) is not null) return true;
        }

        return false;
    }
}
