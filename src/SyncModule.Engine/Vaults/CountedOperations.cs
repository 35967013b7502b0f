using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What a part of the applied commits says, and which of it counts, as if the others were not there: what lies at or below a floor, what was written until some
/// time. Read from the log each time.
/// </summary>
/// <param name="vault">Its log and keys.</param>
/// <param name="rows">Of the index.</param>
/// <param name="applied">The vector that goes with them.</param>
/// <param name="holds">Whether an applied commit belongs to it.</param>
internal sealed class CountedOperations(VaultContext vault, RowAccess rows, VersionVector applied, Func<CommitId, CommitRow, bool> holds)
{
    /// <summary>What was said of collections. It comes first, because whether a write counts depends on who came to own the item later (format-1 §9).</summary>
    /// <param name="start">States of collections to begin with, where the operations that made them are not here any more; others are passed over.</param>
    public CollectionStates Collections(IEnumerable<KeyState> start)
    {
        var collections = CollectionStates.None;
        foreach (var state in start.Where(s => s.Key.Length == 0)) collections = collections.With(state, rows, applied, vault.IsAdministrator);
        foreach (var (id, row) in Commits())
        {
            foreach (var (operation, origin) in vault.Blocks.OpenWhole(rows, id, row).Operations(id, row))
            {
                if (operation.Key.Length > 0) continue;
                if (operation.Detail is not CheckpointDetail checkpoint) collections = collections.With(Folding.Apply(collections.Of(operation.Collection), operation, origin), rows, applied, vault.IsAdministrator);
                else if (checkpoint.FloorOf(origin) is { } floor) collections = collections.With(operation.Collection, floor, rows, applied, vault.IsAdministrator);
            }
        }

        return collections;
    }

    /// <summary>Operations on items that count, and checkpoints; in the order of applying.</summary>
    /// <param name="collections">Of <see cref="Collections"/>.</param>
    public IEnumerable<(Operation Operation, OperationOrigin Origin)> All(CollectionStates collections)
    {
        foreach (var (id, row) in Commits())
        {
            var operations = vault.Blocks.OpenWhole(rows, id, row).Operations(id, row).ToList();
            // Of an atomic commit all or none, as CommitFold has it.
            if (operations.Exists(o => !Counts(o.Operation, o.Origin, collections)) && IsAtomic(vault, row)) continue;
            foreach (var (operation, origin) in operations)
            {
                if (operation.Detail is CheckpointDetail || (operation.Key.Length > 0 && Counts(operation, origin, collections))) yield return (operation, origin);
            }
        }
    }

    public static bool IsAtomic(VaultContext vault, CommitRow row) => (Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header.Flags & CommitFlags.Atomic) != 0;

    private static bool Counts(Operation operation, in OperationOrigin origin, CollectionStates collections) =>
        operation.Key.Length == 0 || (collections.OwnersOf(operation.Collection) is var owners && (!owners.Any || owners.Counts(operation, origin)));

    private IEnumerable<(CommitId Id, CommitRow Row)> Commits()
    {
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder))
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is { State: CommitState.Applied } row && holds(id, row)) yield return (id, row);
        }
    }
}
