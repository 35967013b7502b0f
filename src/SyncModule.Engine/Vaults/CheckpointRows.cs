namespace SyncModule.Engine.Vaults;

/// <summary>
/// Which checkpoints are applied, and whether the state that they speak of was computed here and found to be the same: rows of the index's
/// table of settings, "checkpoint/" ‖ commit id → 0 or 1. Few.
/// </summary>
internal static class CheckpointRows
{
    private static readonly byte[] Prefix = "checkpoint/"u8.ToArray();

    /// <summary>A checkpoint is applied; nobody has compared it yet.</summary>
    public static void Note(RowAccess rows, CommitId id)
    {
        byte[] key = Key(id);
        if (!rows.Transaction.Contains(IndexTables.Meta, key)) rows.Transaction.Put(IndexTables.Meta, key, [0]);
    }

    public static void SetCompared(RowAccess rows, CommitId id) => rows.Transaction.Put(IndexTables.Meta, Key(id), [1]);

    /// <summary>All that are applied, in the order of applying, each with whether it was compared.</summary>
    public static IReadOnlyList<(CommitId Id, CommitRow Row, bool Compared)> All(RowAccess rows) =>
        [.. rows.Transaction.Scan(IndexTables.Meta, Prefix, IndexTables.PrefixEnd(Prefix))
            .Select(r => (Id: new CommitId(r.Key.AsSpan(Prefix.Length)), Compared: r.Value is [1])).ToList()
            .Select(c => (c.Id, rows.Commit(c.Id)!, c.Compared)).OrderBy(c => c.Item2.Order)];

    private static byte[] Key(CommitId id) => [.. Prefix, .. id.ToArray()];
}
