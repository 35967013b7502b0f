using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Gives each merge record of a vault once: those that were not there before. Safe for many threads; each record goes to one of them.
/// It is asked after each event of a follow, so what was given is not read again: a settled record stands for good and is known by the
/// id in its key, open ones by the row of their item.
/// </summary>
public sealed class MergeWatch
{
    private readonly Vault _vault;
    private readonly Lock _gate = new();
    private readonly HashSet<Id32> _settled = [];
    private Dictionary<Id16, OpenItem> _open = [];

    public MergeWatch(Vault vault)
    {
        _vault = vault;
        Take();
    }

    // The row of the item and that of its collection, whose policy words the records; and what was told.
    private sealed record OpenItem(string Collection, Id32 Row, Id32? Said, IReadOnlyList<(Id32 Id, MergeRule Rule, Dot Winner)> Told);

    /// <summary>Records that came since the last call, in the order (ts, id). An open record whose versions changed is a new one (format-1 §7), and one that a policy words anew comes once more.</summary>
    public IReadOnlyList<MergeRecord> Take()
    {
        lock (_gate)
        {
            Dictionary<Id16, OpenItem> open = [];
            // It may run more than once, where the index is made again meanwhile.
            var fresh = _vault.MergeRecords(rows =>
            {
                open = [];
                var records = rows.Records(wanted: id => !_settled.Contains(id));
                ReadOpen(rows, open, records);
                return records;
            });
            _open = open;
            _settled.UnionWith(fresh.Where(r => r.State == MergeState.Settled).Select(r => r.Id));
            fresh.Sort();
            return fresh;
        }
    }

    private void ReadOpen(RowAccess rows, Dictionary<Id16, OpenItem> open, List<MergeRecord> fresh)
    {
        var said = new Dictionary<string, Id32?>(StringComparer.Ordinal);
        Id32? SaidOf(string collection) => said.TryGetValue(collection, out var row) ? row : said[collection] = rows.ItemDigest(_vault.Keys.ItemTag(collection, ""));
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Open))
        {
            var tag = new Id16(key);
            if (rows.ItemDigest(tag) is not { } row) continue;
            var before = _open.GetValueOrDefault(tag);
            if (before?.Row == row && before.Said == SaidOf(before.Collection))
            {
                open[tag] = before;
                continue;
            }

            var item = rows.Item(tag)!;
            var records = MergeRecords.Open(_vault.Collections(rows).Mask(item));
            open[tag] = new(item.Collection, row, SaidOf(item.Collection), [.. records.Select(r => (r.Id, r.Rule, r.Winner))]);
            fresh.AddRange(records.Where(r => before is null || !before.Told.Contains((r.Id, r.Rule, r.Winner))));
        }
    }
}
