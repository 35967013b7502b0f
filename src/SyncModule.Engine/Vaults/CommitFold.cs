using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Folds the operations of one commit into the rows of one index transaction (format-1 §6, step 7). <paramref name="arriving"/> says what
/// is known of it besides its row.
/// </summary>
internal readonly struct CommitFold(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted, LateDecisions late, ArrivingCommit? arriving)
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
                if (block[i].Operation is not { } operation) continue;
                foreach (var dot in operation.Replaces)
                {
                    if (!isApplied(dot.Commit)) return dot.Commit;
                }

                if (operation.Detail is CheckpointDetail checkpoint && FirstUnseen(checkpoint, isApplied) is { } unseen) return unseen;
            }
        }

        return null;
    }

    private static CommitId? FirstUnseen(CheckpointDetail checkpoint, Func<CommitId, bool> isApplied)
    {
        foreach (var tip in checkpoint.Floor.Logs.SelectMany(l => l.Value))
        {
            if (!isApplied(tip.Id)) return tip.Id;
        }

        foreach (var dot in checkpoint.Dropped.SelectMany(i => i.Cells).SelectMany(c => c.Dots))
        {
            if (!isApplied(dot.Commit)) return dot.Commit;
        }

        return null;
    }

    /// <param name="id">Of the commit.</param>
    /// <param name="row">Its row.</param>
    /// <param name="content">Its operations.</param>
    /// <param name="isAtomic">One that does not count makes all of them void (format-1 §7).</param>
    public void All(CommitId id, CommitRow row, CommitContent content, bool isAtomic)
    {
        var applied = AppliedWith(id, row);
        // Who owns what comes first: whether the other operations of the commit count depends on it, wherever they stand.
        List<(Operation Operation, OperationOrigin Origin)>? owned = null;
        for (int b = 0; b < content.Blocks.Count; b++)
        {
            var block = content.Blocks[b];
            for (int i = 0; i < block.Count; i++)
            {
                if (block[i].Operation is { Kind: OperationKind.Own } operation) (owned ??= []).Add((operation, row.OriginOf(id, b, i)));
            }
        }

        var before = rows.Collections(applied, vault);
        var floors = new List<(string Collection, CheckpointFloor Floor)>();
        var said = owned?.GroupBy(o => o.Operation.Collection, StringComparer.Ordinal).ToList() ?? [];
        foreach (var collection in said) Owners(collection.Key, [.. collection], applied);

        bool isVoid = isAtomic && AnyRefused(id, row, content, applied);
        for (int b = 0; b < content.Blocks.Count; b++)
        {
            var block = content.Blocks[b];
            for (int i = 0; i < block.Count; i++)
            {
                if (block[i].Operation is not { Kind: not OperationKind.Own } operation) continue;
                var tag = TagOf(b, i, operation);
                var origin = row.OriginOf(id, b, i);
                if (operation.Key.Length > 0 && (isVoid || !Counts(operation, origin, applied))) Refuse(operation, origin, tag);
                else if (operation.Key.Length > 0) One(operation, origin, tag, applied);
                else if (operation.Detail is CheckpointDetail checkpoint) Drop(operation, checkpoint, origin, applied, floors);
                else OfCollection(operation, origin, tag, applied);
            }
        }

        foreach (var collection in said)
        {
            new OwnershipRefold(vault, rows, state, late, Count).After(collection.Key, [.. collection.Select(o => o.Origin.Dot)], before.OwnersOf(collection.Key), applied, new(id, row, content));
        }

        foreach (var (collection, floor) in floors)
        {
            new OwnershipRefold(vault, rows, state, late, Count).AfterFloor(collection, floor, before.OwnersOf(collection), applied, new(id, row, content));
        }
    }

    private bool AnyRefused(CommitId id, CommitRow row, CommitContent content, VersionVector applied)
    {
        foreach (var (operation, origin) in content.Operations(id, row))
        {
            if (operation.Key.Length > 0 && !Counts(operation, origin, applied)) return true;
        }

        return false;
    }

    private bool Counts(Operation operation, in OperationOrigin origin, VersionVector applied)
    {
        var owners = rows.Collections(applied, vault).OwnersOf(operation.Collection);
        return !owners.Any || owners.Counts(operation, origin);
    }

    // Kept as evidence: in the log anyway, listed, and looked at again when the chain of owners changes (format-1 §9).
    private void Refuse(Operation operation, in OperationOrigin origin, Id16 tag)
    {
        rows.Transaction.Put(IndexTables.Refused, IndexTables.DotKey(origin.Dot), tag.ToArray());
        Want(operation, origin);
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

        foreach (var (operation, dot) in made.Special) Follow(operation, new(dot, row.Timestamp, row.Device, row.Log, row.Sequence), isOwn: true);
    }

    // A commit that begins another branch of its log: whether a tree had seen what it writes is asked by branches from here on.
    private VersionVector AppliedWith(CommitId id, CommitRow row)
    {
        var tips = state.Applied[row.Log];
        bool forks = tips.Count > 0 && !tips.Any(t => t.Id == row.Previous);
        if (!forks) return state.Applied;
        var applied = state.Applied.Clone();
        applied.Advance(row.Log, row.Previous, new(row.Sequence, id));
        rows.ForgetCollections();
        return applied;
    }

    private void One(Operation operation, OperationOrigin origin, Id16 tag, VersionVector applied)
    {
        var before = rows.Item(tag);
        var collections = rows.Collections(applied, vault);
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

        Follow(operation, origin, before);
    }

    // A policy, or a tree that goes: what the collection's items show may change with it, and nothing of what they are.
    private void OfCollection(Operation operation, in OperationOrigin origin, Id16 tag, VersionVector applied)
    {
        var old = rows.Collections(applied, vault);
        var after = Folding.Apply(old.Of(operation.Collection), operation, origin);
        rows.SetCollection(tag, after, applied, vault);
        Count(tag, PreparedRows.ChangeOf(old.Of(operation.Collection), after)); // policies may compete like fields
        var now = rows.Collections(applied, vault);
        if (operation.Kind == OperationKind.RemoveTree || !now.PolicyOf(operation.Collection).ShowsAs(old.PolicyOf(operation.Collection))) CountUnder(operation.Collection, old, now);
        Follow(operation, origin);
    }

    // All that the commit says of the owners in one collection, at once: its state is as long as all of them together.
    private void Owners(string collection, IReadOnlyList<(Operation Operation, OperationOrigin Origin)> said, VersionVector applied)
    {
        var old = rows.Collections(applied, vault);
        var after = said.Aggregate(old.Of(collection), (state, one) => Folding.Apply(state, one.Operation, one.Origin))!;
        var tag = vault.Keys.ItemTag(collection, "");
        rows.SetCollection(tag, after, applied, vault);
        Count(tag, PreparedRows.ChangeOf(old.Of(collection), after));
        // Whose tree takes an owned item with it depends on who owns it.
        if (after.Trees.Count > 0) CountUnder(collection, old, rows.Collections(applied, vault));
        foreach (var (operation, origin) in said) Follow(operation, origin);
    }

    // Deletions that everybody has applied are forgotten (format-1 §8): here and now, wherever this commit is applied, and never otherwise.
    private void Drop(Operation operation, CheckpointDetail checkpoint, in OperationOrigin origin, VersionVector applied, List<(string Collection, CheckpointFloor Floor)> floors)
    {
        var collections = rows.Collections(applied, vault);
        foreach (var dropped in checkpoint.Dropped)
        {
            var tag = vault.Keys.ItemTag(operation.Collection, dropped.Key);
            if (rows.Item(tag) is not { } before) continue;
            var after = Dropping.Apply(before, dropped);
            if (ReferenceEquals(before, after)) continue;
            Count(tag, PreparedRows.ChangeOf(collections.MaskOrNull(before), collections.MaskOrNull(after)));
            if (after is null) rows.RemoveItem(tag);
            else rows.SetItem(tag, after);
        }

        CheckpointRows.Note(rows, origin.Dot.Commit);
        Follow(operation, origin);
        if (checkpoint.FloorOf(origin) is not { } floor) return;
        rows.SetFloor(operation.Collection, floor, applied, vault);
        floors.Add((operation.Collection, floor));
        late.Note(operation.Collection, floor);
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

    private void Count(Id16 tag, ItemChange change) => Count(rows, state, tag, change);

    /// <summary>Counts what became of an item, and lists it where versions of it compete.</summary>
    internal static void Count(RowAccess rows, IndexState state, Id16 tag, ItemChange change)
    {
        state.Items += ((change & ItemChange.IsAlive) != 0 ? 1 : 0) - ((change & ItemChange.WasAlive) != 0 ? 1 : 0);
        bool isOpen = (change & ItemChange.IsOpen) != 0, wasOpen = (change & ItemChange.WasOpen) != 0;
        if (isOpen == wasOpen) return;
        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        if (wasOpen) rows.Transaction.Delete(IndexTables.Open, key);
        else rows.Transaction.Put(IndexTables.Open, key, []);
    }

    private void Follow(Operation operation, OperationOrigin origin, KeyState? before = null, bool isOwn = false)
    {
        if (MergeRecords.MaySettle(operation))
        {
            // From the original operations in the log, never from the heads that happen to be here: equal for every order of delivery.
            var named = rows.Counting(vault.Operations(rows, operation.Replaces));
            var replaced = Plants.RecordPerHeadSet ? [.. named.Where(r => before?.Cells.Any(c => c.Find(r.Origin.Dot) is not null) == true)] : named;
            var records = MergeRecords.Settled(operation, origin, replaced);
            foreach (var record in records) rows.SetRecord(vault.Keys.ItemTag(operation.Collection, operation.Key), record);
            // What was written here just now replaced what stood here.
            if (!isOwn) late.Note(operation, origin, records, before);
        }

        Want(operation, origin);
    }

    private void Want(Operation operation, OperationOrigin origin)
    {
        if (operation.Value?.Reference is { } reference) wanted.Check(reference, origin.Log, origin.Sequence);
        if (operation.Detail is CheckpointDetail { Snapshot.Reference: { } snapshot }) wanted.Check(snapshot, origin.Log, origin.Sequence);
        foreach (var cell in operation.Cells)
        {
            if (cell.Value?.Reference is { } cellReference) wanted.Check(cellReference, origin.Log, origin.Sequence);
        }
    }

    private Id16 TagOf(int block, int position, Operation operation) =>
        arriving?.Tags is { } tags ? tags[block][position] : vault.Keys.ItemTag(operation.Collection, operation.Key);
}
