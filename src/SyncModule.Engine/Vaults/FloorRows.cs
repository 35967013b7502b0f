using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The floors of applied checkpoints that have snapshots (<see cref="CheckpointFloor"/>), in the index's table of settings: "floor/" ‖ dot of the operation → sealed
/// [collection, floor]. One row a checkpoint and collection. Those at or below the floor of an adopted one are not among them: nothing is judged by them any more.
/// </summary>
internal static class FloorRows
{
    public static readonly byte[] Prefix = "floor/"u8.ToArray();

    public static void Set(ITableTransaction transaction, RowSealer sealer, string collection, CheckpointFloor floor)
    {
        var writer = new CborWriter();
        writer.WriteArray(2);
        writer.WriteText(collection);
        floor.Write(writer);
        byte[] key = [.. Prefix, .. IndexTables.DotKey(floor.Dot)];
        transaction.Put(IndexTables.Meta, key, sealer.Seal(IndexTables.Meta, key, writer.Written));
    }

    public static IReadOnlyDictionary<string, List<CheckpointFloor>> All(ITableTransaction transaction, RowSealer sealer)
    {
        var floors = new Dictionary<string, List<CheckpointFloor>>(StringComparer.Ordinal);
        foreach (var (key, row) in transaction.Scan(IndexTables.Meta, Prefix, IndexTables.PrefixEnd(Prefix)))
        {
            var reader = new CborReader(sealer.Open(IndexTables.Meta, key, row));
            reader.ReadArrayOf(2);
            string collection = reader.ReadText(Operation.MaxNameBytes);
            if (!floors.TryGetValue(collection, out var list)) floors[collection] = list = [];
            list.Add(CheckpointFloor.Read(ref reader));
        }

        foreach (var list in floors.Values) list.Sort();
        return floors;
    }

    /// <summary>A checkpoint was adopted: it stands for those that lie below it.</summary>
    public static void RemoveUnder(RowAccess rows, CommitsUnder below)
    {
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Meta, Prefix, IndexTables.PrefixEnd(Prefix)).ToList())
        {
            if (below.Contains(IndexTables.ReadDotKey(key.AsSpan(Prefix.Length)))) rows.Transaction.Delete(IndexTables.Meta, key);
        }
    }
}
