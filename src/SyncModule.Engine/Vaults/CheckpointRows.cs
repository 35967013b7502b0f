using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What the index knows of checkpoints, in its table of settings: "checkpoint/" ‖ commit id → 0 or 1, applied and whether its state was computed here and
/// found to be the same · "candidate/" ‖ commit id → empty, one that came and has a snapshot, or that nobody could open yet · "adopted" → [commit id, floor]. Few rows.
/// </summary>
internal static class CheckpointRows
{
    /// <summary>What commits wait for that came without their blocks.</summary>
    public static readonly Id32 Pruned = Digest.HashOf(Labels.Block, "pruned"u8);

    private static readonly byte[] Applied = "checkpoint/"u8.ToArray();
    private static readonly byte[] Candidate = "candidate/"u8.ToArray();
    private static readonly byte[] AdoptedKey = "adopted"u8.ToArray();

    /// <summary>A checkpoint is applied; nobody has compared it yet.</summary>
    public static void Note(RowAccess rows, CommitId id)
    {
        byte[] key = [.. Applied, .. id.ToArray()];
        if (!rows.Transaction.Contains(IndexTables.Meta, key)) rows.Transaction.Put(IndexTables.Meta, key, [0]);
    }

    public static void SetCompared(RowAccess rows, CommitId id) => rows.Transaction.Put(IndexTables.Meta, [.. Applied, .. id.ToArray()], [1]);

    /// <summary>All that are applied, in the order of applying, each with whether it was compared.</summary>
    public static IReadOnlyList<(CommitId Id, CommitRow Row, bool Compared)> All(RowAccess rows) =>
        [.. Ids(rows, Applied).Select(c => (c.Id, Row: rows.Commit(c.Id), Compared: c.Value is [1])).Where(c => c.Row is { State: CommitState.Applied }).Select(c => (c.Id, c.Row!, c.Compared)).OrderBy(c => c.Item2.Order)];

    public static void AddCandidate(RowAccess rows, CommitId id) => rows.Transaction.Put(IndexTables.Meta, [.. Candidate, .. id.ToArray()], []);

    /// <summary>It is none after all.</summary>
    public static void RemoveCandidate(RowAccess rows, CommitId id) => rows.Transaction.Delete(IndexTables.Meta, [.. Candidate, .. id.ToArray()]);

    /// <summary>Checkpoints with a snapshot that are here, applied or not, and commits that may be one, in no order.</summary>
    public static IReadOnlyList<CommitId> Candidates(RowAccess rows) => [.. Ids(rows, Candidate).Select(c => c.Id)];

    /// <summary>The checkpoint whose snapshot this index stands on; null where every operation was folded.</summary>
    public static (CommitId Id, VersionVector Floor)? Adopted(RowAccess rows)
    {
        if (rows.Transaction.Get(IndexTables.Meta, AdoptedKey) is not { } row) return null;
        var reader = new CborReader(row);
        reader.ReadArrayOf(2);
        return (reader.ReadId32(), VersionVector.Read(ref reader));
    }

    /// <summary>Whether what stands at the floor can be computed here: it lies at or above the one that this index stands on, on the same branches.</summary>
    public static bool CanCompute(RowAccess rows, VersionVector floor)
    {
        if (Adopted(rows) is not { } own) return true;
        var below = new CommitsUnder(rows, floor);
        return own.Floor.Logs.All(l => Array.TrueForAll(l.Value, t => below.Contains(l.Key, t.Sequence, t.Id)));
    }

    public static void SetAdopted(RowAccess rows, CommitId id, VersionVector floor)
    {
        var writer = new CborWriter();
        writer.WriteArray(2);
        writer.WriteId(id);
        floor.Write(writer);
        rows.Transaction.Put(IndexTables.Meta, AdoptedKey, writer.ToArray());
    }

    private static List<(CommitId Id, byte[] Value)> Ids(RowAccess rows, byte[] prefix) =>
        [.. rows.Transaction.Scan(IndexTables.Meta, prefix, IndexTables.PrefixEnd(prefix)).Select(r => (new CommitId(r.Key.AsSpan(prefix.Length)), r.Value))];
}
