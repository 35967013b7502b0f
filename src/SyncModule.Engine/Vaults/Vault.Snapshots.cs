using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Snapshots of checkpoints: writing them, and going on from the one that this index stands on (docs/decisions/097).</summary>
public sealed partial class Vault
{
    private Dictionary<string, ItemValue> Snapshots(VersionVector floor, FloorState state, ObjectSink sink)
    {
        var (records, refused) = Read(rows =>
        {
            var below = new CommitsUnder(rows, floor);
            return (
                rows.AllRecords().Where(r => rows.Commit(r.Decision!.Dot.Commit) is { } row && below.Contains(r.Decision.Dot.Commit, row)).ToLookup(r => r.Collection, StringComparer.Ordinal),
                RefusedBelow(rows, below).ToLookup(r => r.Collection, StringComparer.Ordinal));
        });
        var writer = new ValueWriter(_context, sink);
        var snapshots = new Dictionary<string, ItemValue>(StringComparer.Ordinal);
        foreach (string collection in state.Collections.Union(records.Select(r => r.Key), StringComparer.Ordinal).Union(refused.Select(r => r.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            using var stream = new PieceStream(Snapshot.Write(state.Of(collection), records[collection], refused[collection]));
            snapshots[collection] = writer.Write(stream).Value;
        }

        return snapshots;
    }

    private List<RefusedDot> RefusedBelow(RowAccess rows, CommitsUnder below)
    {
        var found = new List<RefusedDot>();
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Refused).ToList())
        {
            var dot = IndexTables.ReadDotKey(key);
            if (rows.Commit(dot.Commit) is not { } row || !below.Contains(dot.Commit, row)) continue;
            foreach (var (operation, _) in _context.Operations(rows, [dot])) found.Add(new(dot, operation.Collection, operation.Key));
        }

        return found;
    }

    private IEnumerable<KeyState> AdoptedStates(RowAccess rows) => Snapshot.AdoptedStates(_context, rows);
}
