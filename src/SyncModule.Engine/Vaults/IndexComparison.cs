using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Compares the rows of an index with those of one that was just made from the same log and packs. Their state being equal is not enough: a
/// rotten row may send a reader to the wrong bytes, or keep a commit waiting for ever. Rows that depend on when something came (the order of
/// applying, which of two copies of an object is named) are compared with each other instead.
/// </summary>
internal static class IndexComparison
{
    // Rows follow from the log alone, byte by byte.
    private static readonly int[] Exact = [IndexTables.LogOrder, IndexTables.Record, IndexTables.Open, IndexTables.Waiting, IndexTables.Collection, IndexTables.Refused];

    private static readonly byte[] FloorsEnd = IndexTables.PrefixEnd(FloorRows.Prefix)!;

    /// <param name="stored">The index that is checked.</param>
    /// <param name="fresh">The one that was just made.</param>
    /// <param name="sealer">Opens sealed rows.</param>
    public static bool Fits(ITableTransaction stored, ITableTransaction fresh, RowSealer sealer)
    {
        try
        {
            return Exact.All(t => Equal(stored.Scan(t), fresh.Scan(t)))
                && Equal(stored.Scan(IndexTables.Meta, FloorRows.Prefix, FloorsEnd), fresh.Scan(IndexTables.Meta, FloorRows.Prefix, FloorsEnd))
                && CommitsFit(stored, fresh)
                && ItemsFit(stored, fresh, sealer)
                && SameIds(stored, fresh, IndexTables.ApplyOrder) && SameIds(stored, fresh, IndexTables.Membership)
                && ObjectsFit(stored, fresh)
                && stored.Scan(IndexTables.Dedup).All(r => sealer.Open(IndexTables.Dedup, r.Key, r.Value).Length > 0)
                && stored.Scan(IndexTables.Wanted).All(r => fresh.Contains(IndexTables.Wanted, r.Key) && sealer.Open(IndexTables.Wanted, r.Key, r.Value).Length > 0);
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.IndexDamaged))
        {
            return false;
        }
    }

    // Rows name origins by numbers, which are given in the order of applying: where the bytes differ, what they say decides.
    private static bool ItemsFit(ITableTransaction stored, ITableTransaction fresh, RowSealer sealer)
    {
        StateRows? ours = null, theirs = null;
        using var other = fresh.Scan(IndexTables.Item).GetEnumerator();
        foreach (var (key, row) in stored.Scan(IndexTables.Item))
        {
            if (!other.MoveNext() || !key.AsSpan().SequenceEqual(other.Current.Key)) return false;
            if (row.AsSpan().SequenceEqual(other.Current.Value)) continue;
            ours ??= new(OriginRows.All(stored));
            theirs ??= new(OriginRows.All(fresh));
            byte[] one = ours.Read(sealer.Open(IndexTables.Item, key, row)).Encode();
            if (!one.AsSpan().SequenceEqual(theirs.Read(sealer.Open(IndexTables.Item, key, other.Current.Value)).Encode())) return false;
        }

        return !other.MoveNext();
    }

    // The same commits, as far, in the same places; and each stands in the order at the number that its row names.
    private static bool CommitsFit(ITableTransaction stored, ITableTransaction fresh)
    {
        if (stored.Count(IndexTables.Commit) != fresh.Count(IndexTables.Commit)) return false;
        foreach (var (id, bytes) in stored.Scan(IndexTables.Commit))
        {
            if (fresh.Get(IndexTables.Commit, id) is not { } other) return false;
            var row = CommitRow.Decode(bytes);
            if (!(row with { Order = 0 }).Encode().AsSpan().SequenceEqual((CommitRow.Decode(other) with { Order = 0 }).Encode())) return false;
            if (row.State != CommitState.Applied) continue;
            int order = row.Lane == Lane.Membership ? IndexTables.Membership : IndexTables.ApplyOrder;
            if (!(stored.Get(order, IndexTables.Number(row.Order)) ?? []).AsSpan().SequenceEqual(id)) return false;
        }

        return true;
    }

    private static bool SameIds(ITableTransaction stored, ITableTransaction fresh, int table) =>
        Ids(stored, table).SequenceEqual(Ids(fresh, table));

    private static IEnumerable<Id32> Ids(ITableTransaction transaction, int table) => transaction.Scan(table).Select(r => new Id32(r.Value)).Order();

    // Whether the bytes are there is read elsewhere; here, that no object is listed that is nowhere.
    private static bool ObjectsFit(ITableTransaction stored, ITableTransaction fresh) =>
        stored.Scan(IndexTables.Object).All(r => fresh.Contains(IndexTables.Object, r.Key) && ObjectLocation.Decode(r.Value).Length > 0);

    private static bool Equal(IEnumerable<KeyValuePair<byte[], byte[]>> left, IEnumerable<KeyValuePair<byte[], byte[]>> right)
    {
        // Each table is gone through once: one of a million rows is a hundred megabytes.
        using var other = right.GetEnumerator();
        foreach (var (key, row) in left)
        {
            if (!other.MoveNext() || !key.AsSpan().SequenceEqual(other.Current.Key) || !row.AsSpan().SequenceEqual(other.Current.Value)) return false;
        }

        return !other.MoveNext();
    }
}
