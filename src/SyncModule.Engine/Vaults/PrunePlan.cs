using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Which commits lose their blocks, and which objects nobody names any more (format-1 §8). A commit at or below the floor keeps them where it holds a
/// version that stands at the floor or now, says something of a collection, did not count, or is named by a commit above the floor.
/// </summary>
internal sealed class PrunePlan
{
    private readonly HashSet<CommitId> _pruned = [];
    private readonly HashSet<CommitId> _without = [];
    private readonly HashSet<ObjectAddress> _kept = [];

    /// <summary>Commits that lose their blocks now.</summary>
    public IReadOnlySet<CommitId> Pruned => _pruned;

    /// <summary>Commits that have no blocks for the index: pruned before, or applied by a checkpoint because an object in which one stands was nowhere to be had.</summary>
    public IReadOnlySet<CommitId> WithoutBlocks => _without;

    /// <summary>Objects that some version names which stays here.</summary>
    public IReadOnlySet<ObjectAddress> Kept => _kept;

    /// <summary>Bytes of their blocks.</summary>
    public long BlockBytes { get; private set; }

    /// <summary>Objects that are listed and that nobody names.</summary>
    public long UnusedObjects { get; private set; }

    public long UnusedBytes { get; private set; }

    /// <param name="vault">Its log.</param>
    /// <param name="rows">Of the index.</param>
    /// <param name="floor">Of a checkpoint with a snapshot that is here whole; null: no commit loses anything.</param>
    /// <param name="atFloor">The states in that snapshot.</param>
    public static PrunePlan Make(VaultContext vault, RowAccess rows, VersionVector? floor, IEnumerable<KeyState> atFloor)
    {
        var plan = new PrunePlan();
        var standing = new HashSet<CommitId>();
        if (floor is not null)
        {
            foreach (var state in atFloor.Concat(rows.AllItems().Select(i => i.Item))) standing.UnionWith(DotsOf(state).Select(d => d.Commit));
            standing.UnionWith(rows.Transaction.Scan(IndexTables.Refused).Select(r => IndexTables.ReadDotKey(r.Key).Commit));
        }

        var under = floor is null ? null : new CommitsUnder(rows, floor);
        var references = new List<ObjectReference>();
        // What is above the floor names what it replaced: merge records of it are told from both.
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Commit))
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is not { Lane: Lane.Data } row) continue;
            bool below = row.State == CommitState.Applied && under?.Contains(id, row) == true;
            if (!below) standing.UnionWith(OperationsOf(vault, rows, id, row).SelectMany(o => o.Replaces).Select(d => d.Commit));
        }

        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Commit))
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is not { Lane: Lane.Data } row) continue;
            bool below = row.State == CommitState.Applied && under?.Contains(id, row) == true;
            if (row.Blocks.Count == 0) plan._without.Add(id);
            var operations = OperationsOf(vault, rows, id, row);
            if (below && row.Blocks.Count > 0 && !standing.Contains(id) && operations.All(o => o.Key.Length > 0))
            {
                plan._pruned.Add(id);
                plan.BlockBytes += row.Blocks.Sum(b => (long)b.Length);
                continue;
            }

            foreach (var operation in operations) references.AddRange(ReferencesOf(operation));
            if (!Plants.SweepForgetsBlocks) references.AddRange(vault.Blocks.ReferencesIn(row));
        }

        plan.Keep(vault, rows, references);
        foreach (var (address, location) in rows.Transaction.Scan(IndexTables.Object).Select(r => (new ObjectAddress(r.Key), ObjectLocation.Decode(r.Value))))
        {
            if (plan._kept.Contains(address)) continue;
            plan.UnusedObjects++;
            plan.UnusedBytes += location.Length;
        }

        return plan;
    }

    // With everything below them. A manifest that is not here, or does not open, names nothing here.
    private void Keep(VaultContext vault, RowAccess rows, List<ObjectReference> references)
    {
        var open = new Stack<ObjectReference>(references);
        while (open.TryPop(out var next))
        {
            if (!_kept.Add(next.Address) || next.Kind != ObjectKind.Manifest || vault.ReadObject(rows, next) is not { } plain) continue;
            try
            {
                foreach (var child in Manifest.Decode(plain).References) open.Push(child);
            }
            catch (VaultFormatException)
            {
                // verify tells of it
            }
        }
    }

    // Of one whose author does not count nobody has asked whether it opens. Of an applied one it is damage, and what it names would go with what nobody names.
    private static IReadOnlyList<Operation> OperationsOf(VaultContext vault, RowAccess rows, CommitId id, CommitRow row)
    {
        if (row.State == CommitState.Applied) return [.. vault.Blocks.OpenWhole(rows, id, row).Operations(id, row).Select(o => o.Operation)];
        var content = vault.Blocks.Open(rows, row);
        if (content.Readiness != BlockReadiness.Ready) throw SyncErrors.PruneBlocked.With($"The commit {id.ToString()[..16]} cannot be opened here, and what it names is not known");
        return [.. content.Operations(id, row).Select(o => o.Operation)];
    }

    private static IEnumerable<ObjectReference> ReferencesOf(Operation operation)
    {
        if (operation.Value?.Reference is { } value) yield return value;
        if (operation.Detail is CheckpointDetail { Snapshot.Reference: { } snapshot }) yield return snapshot;
        foreach (var cell in operation.Cells)
        {
            if (cell.Value?.Reference is { } reference) yield return reference;
        }
    }

    private static IEnumerable<Dot> DotsOf(KeyState state) =>
        state.Cells.SelectMany(c => c.Heads).Concat(state.Sets.SelectMany(s => s.Elements).SelectMany(e => e.Heads)).Select(h => h.Dot);
}
