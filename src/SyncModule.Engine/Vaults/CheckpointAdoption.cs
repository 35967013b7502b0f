using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// How a device comes to the state at a floor without the operations below it (format-1 §8): a new one, one that was away while others pruned, and one
/// that has pruned itself and makes its index anew. The snapshot of a checkpoint is joined with what is here, never put in its place; then the
/// commits at or below its floor count as applied and are not folded. Inside one index transaction.
/// </summary>
/// <param name="vault">Its keys and log.</param>
/// <param name="rows">Of the transaction.</param>
/// <param name="state">The vectors that go with them.</param>
/// <param name="wanted">Takes what the snapshot names and is not here.</param>
/// <param name="late">Takes what was settled behind it.</param>
internal sealed class CheckpointAdoption(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted, LateDecisions late)
{
    /// <summary>Rows that are kept in memory before they are written.</summary>
    private const int RowsAtOnce = 100_000;

    private CommitsUnder? _below = CommitsUnder.Adopted(rows);
    private bool? _anyPruned;

    /// <summary>Whether a commit's effect stands in an adopted snapshot.</summary>
    public bool Covers(CommitId id, CommitRow row) => _below?.Contains(id, row) == true;

    /// <summary>A commit has come without its blocks, or a peer does not have the object any more that one of them stands in.</summary>
    public void NotePruned(CommitId id)
    {
        rows.Transaction.Put(IndexTables.Waiting, IndexTables.Pair(CheckpointRows.Pruned, id), []);
        _anyPruned = true;
    }

    /// <summary>Its blocks have come after all, or nothing is asked of them any more.</summary>
    public void NoteWhole(CommitId id) => rows.Transaction.Delete(IndexTables.Waiting, IndexTables.Pair(CheckpointRows.Pruned, id));

    /// <summary>A commit has come that may stand for what was pruned.</summary>
    public void NoteCandidate(CommitId id, CommitContent content)
    {
        if (content.Blocks.Any(b => b.Any(o => o.Operation?.Detail is CheckpointDetail { Snapshot: not null }))) CheckpointRows.AddCandidate(rows, id);
    }

    /// <summary>The same of one whose blocks stand in objects: whether it is a checkpoint is seen when they are here.</summary>
    public void NoteSealed(CommitId id) => CheckpointRows.AddCandidate(rows, id);

    /// <summary>Adopts a checkpoint where commits wait that only one can stand for, and everything that it needs is here. True when it did: they can be looked at again.</summary>
    public bool TryAdopt()
    {
        if (!(_anyPruned ??= Waiting().Any())) return false;
        // The highest floor first: versions that stood at a lower one may have gone with a higher.
        foreach (var (id, row, parts) in Candidates().OrderByDescending(c => c.Parts[0].Floor.Logs.Sum(l => (decimal)l.Value[^1].Sequence)).ThenByDescending(c => c.Row.Timestamp))
        {
            if (!IsAllHere(parts[0].Floor) || !Helps(parts[0].Floor) || !HasSnapshots(parts, row)) continue;
            Adopt(id, parts);
            return true;
        }

        return false;
    }

    private List<(CommitId Id, CommitRow Row, List<CheckpointDetail> Parts)> Candidates()
    {
        var found = new List<(CommitId, CommitRow, List<CheckpointDetail>)>();
        foreach (var id in CheckpointRows.Candidates(rows))
        {
            if (rows.Commit(id) is not { State: not (CommitState.Quarantined or CommitState.Parked) } row || !vault.Membership.Counts(row.Device)) continue;
            var content = vault.Blocks.Open(rows, row);
            if (content.Readiness != BlockReadiness.Ready) continue;
            var parts = content.Operations(id, row).Select(o => o.Operation.Detail).OfType<CheckpointDetail>().Where(d => d.Snapshot is not null).ToList();
            if (parts.Count == 0) CheckpointRows.RemoveCandidate(rows, id);
            else if (parts.TrueForAll(p => p.Floor.SameAs(parts[0].Floor))) found.Add((id, row, parts));
        }

        return found;
    }

    private IEnumerable<CommitId> Waiting()
    {
        var from = IndexTables.Pair(CheckpointRows.Pruned, default);
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Waiting, from, IndexTables.PrefixEnd(from.AsSpan(0, Id32.Size)))) yield return new(key.AsSpan(Id32.Size));
    }

    // A commit that waits lies at or below the floor.
    private bool Helps(VersionVector floor) => Waiting().Any(id => rows.Commit(id) is { } row && new CommitsUnder(rows, floor).Contains(id, row));

    // Every commit at or below the floor is here, with or without its blocks: then the vector that follows is one that others can have too.
    private bool IsAllHere(VersionVector floor)
    {
        foreach (var tip in floor.Logs.SelectMany(l => l.Value))
        {
            var at = tip.Id;
            for (ulong left = tip.Sequence; left > 0; left--)
            {
                if (rows.Commit(at) is not { } row || row.Sequence != left) return false;
                at = row.Previous;
            }
        }

        return true;
    }

    private bool HasSnapshots(List<CheckpointDetail> parts, CommitRow row)
    {
        bool all = true;
        foreach (var part in parts)
        {
            if (part.Snapshot!.Reference is not { } reference || Reader().IsComplete(part.Snapshot)) continue;
            all = false;
            wanted.Check(reference, row.Log, row.Sequence);
        }

        return all;
    }

    private ValueReader Reader() => new(vault, address => rows.Object(address));

    // One entry after the other: a million states never stand in memory at once. That of the collection itself comes before its items, which show under it.
    private void Adopt(CommitId id, List<CheckpointDetail> parts)
    {
        var floor = parts[0].Floor;
        var (seen, below) = (new CommitsUnder(rows, state.Applied.Clone()), new CommitsUnder(rows, floor));
        rows.Flush(vault.MayUseThreads);
        var mine = rows.AllItems().Select(i => i.Tag).ToHashSet();
        var before = rows.Collections(state.Applied, vault);
        // Another branch of a log may be applied here than the one that the floor has: what trees had seen is asked by branches from now on.
        var applied = With(floor, below);
        rows.ForgetCollections();
        rows.Collections(applied, vault);
        if (before.AnyOwners) ForgetJudgements(below);
        foreach (object entry in parts.SelectMany(p => Snapshot.Read(Reader().Read(p.Snapshot!))))
        {
            switch (entry)
            {
                case KeyState one:
                    var tag = vault.Keys.ItemTag(one.Collection, one.Key);
                    var own = mine.Remove(tag) ? rows.Item(tag) : null;
                    Put(tag, own, Plants.SnapshotReplaces ? one : Joining.Join(own, seen, one, below), before, applied);
                    Want(one);
                    break;
                case MergeRecord record: rows.SetRecord(vault.Keys.ItemTag(record.Collection, record.Key), record); break;
                case RefusedDot refused: rows.Transaction.Put(IndexTables.Refused, IndexTables.DotKey(refused.Dot), vault.Keys.ItemTag(refused.Collection, refused.Key).ToArray()); break;
            }

            if (rows.Pending >= RowsAtOnce) rows.Flush(vault.MayUseThreads);
        }

        // What the snapshot does not have: below its floor it was replaced, above it stays.
        foreach (var tag in mine)
        {
            var own = rows.Item(tag)!;
            Put(tag, own, Joining.Join(own, seen, null, below), before, applied);
        }

        CheckpointRows.SetAdopted(rows, id, floor);
        FloorRows.RemoveUnder(rows, below);
        rows.ForgetCollections();
        CheckpointRows.SetCompared(rows, id);
        _below = below;
        _anyPruned = null;
        // Not before the snapshot is the one that this index stands on: what lies behind it is folded on its states.
        new OwnershipRefold(vault, rows, state, late, (tag, change) => CommitFold.Count(rows, state, tag, change)).AfterAdoption(applied);
    }

    // What is applied when all commits at or below the floor are.
    private VersionVector With(VersionVector floor, CommitsUnder below)
    {
        var above = new VersionVector();
        foreach (var (log, tips) in state.Applied.Logs) above.Set(log, tips.Where(t => !below.Contains(log, t.Sequence, t.Id)));
        var (behind, applied) = (new CommitsUnder(rows, above), above.Clone());
        foreach (var (log, tips) in floor.Logs) applied.Set(log, [.. above[log], .. tips.Where(t => !behind.Contains(log, t.Sequence, t.Id))]);
        return applied;
    }

    // Which writes below the floor count, and what was decided by those, was judged here by owners whom the snapshot may not know.
    private void ForgetJudgements(CommitsUnder below)
    {
        rows.RemoveRecords(r => below.Contains(r.Decision!.Dot));
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Refused).ToList())
        {
            if (below.Contains(IndexTables.ReadDotKey(key))) rows.Transaction.Delete(IndexTables.Refused, key);
        }
    }

    private void Put(Id16 tag, KeyState? own, KeyState? joined, CollectionStates before, VersionVector applied)
    {
        var after = joined is { Cells.Count: 0, HasParts: false } ? null : joined;
        bool isItem = (own ?? after)?.Key.Length > 0;
        if (!isItem && after is not null) rows.SetCollection(tag, after, applied, vault);
        var now = rows.Collections(applied, vault);
        CommitFold.Count(rows, state, tag, PreparedRows.ChangeOf(isItem ? before.MaskOrNull(own) : own, isItem ? now.MaskOrNull(after) : after));
        if (after is null && own is not null) rows.RemoveItem(tag);
        else if (after is not null && isItem) rows.SetItem(tag, after);
    }

    // The values of what is present there; what had been replaced is nobody's to ask for any more.
    private void Want(KeyState one)
    {
        foreach (var head in one.Cells.SelectMany(c => c.Heads))
        {
            if (head.Value?.Reference is { } reference) wanted.Check(reference, head.Log, head.Sequence);
        }
    }
}
