using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>The vault as it was, and what has changed since.</summary>
public sealed partial class Vault
{
    /// <summary>Touched items that are looked up one by one; more are picked from the list of all.</summary>
    private const int FewItems = 4096;

    /// <summary>Rows of a view that are kept in memory before they go to the scratch tables.</summary>
    private const int RowsAtOnce = 100_000;

    /// <summary>The vault as its operations up to a time made it; see <see cref="TimeCut"/>.</summary>
    public IItemView At(DateTimeOffset time) => new PastView(this, time);

    /// <summary>
    /// All items as they were, deleted ones included: one pass over the applied commits, in tables of its own that are gone afterwards. Holds
    /// up whoever else needs the index of this process meanwhile.
    /// </summary>
    /// <param name="time">See <see cref="TimeCut"/>.</param>
    /// <param name="fits">Asked for collection and key; the others take no room. Null = all.</param>
    public ItemList ItemsAt(DateTimeOffset time, Func<string, string, bool>? fits = null) => Read(rows =>
    {
        var cut = CutAt(rows, time);
        using var scratch = _stores.OpenScratch();
        using var transaction = scratch.Begin(write: true);
        var past = new RowAccess(transaction, _context.IndexSealer, new SeenItems());
        var told = Told(rows, cut);
        var collections = CollectionsAt(rows, told);
        foreach (var state in AdoptedStates(rows).Where(s => s.Key.Length > 0 && (fits is null || fits(s.Collection, s.Key)))) past.SetItem(_context.Keys.ItemTag(state.Collection, state.Key), state);
        foreach (var (operation, origin) in told.All(collections))
        {
            // What a checkpoint forgot was deleted before it, and shows as such.
            if (operation.Key.Length == 0 || (fits is not null && !fits(operation.Collection, operation.Key))) continue;
            var tag = _context.Keys.ItemTag(operation.Collection, operation.Key);
            if (past.Item(tag) is not { } before && operation.TouchesItem) past.SetFirst(tag, operation, origin);
            else past.SetItem(tag, Folding.Apply(past.Item(tag), operation, origin));
            if (past.Pending >= RowsAtOnce) past.Flush(_context.MayUseThreads);
        }

        past.Flush(_context.MayUseThreads);
        return new ItemList(past, _context.MayUseThreads, collections);
    });

    // Behind the checkpoint that this index stands on, where it stands on one.
    private CountedOperations Told(RowAccess rows, TimeCut cut)
    {
        var adopted = CommitsUnder.Adopted(rows);
        return new(_context, rows, _indexer.State.Applied, (id, row) => cut.Holds(id, row) && adopted?.Contains(id, row) != true);
    }

    // What was before the floor of an adopted checkpoint is not known here: nothing is told rather than something else.
    private TimeCut CutAt(RowAccess rows, DateTimeOffset time)
    {
        var cut = TimeCut.At(_context, rows, time);
        if (CheckpointRows.Adopted(rows) is not { } adopted) return cut;
        var below = new CommitsUnder(rows, adopted.Floor);
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder))
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is { State: CommitState.Applied } row && below.Contains(id, row) && !cut.Holds(id, row)) throw SyncErrors.HistoryPruned.With($"Versions from before {row.Timestamp.ToDateTimeOffset():u} were pruned here");
        }

        return cut;
    }

    // What was said of collections until then.
    private CollectionStates CollectionsAt(RowAccess rows, CountedOperations told) => Collections(rows).All.Any() ? told.Collections(AdoptedStates(rows)) : CollectionStates.None;

    /// <summary>
    /// The items, deleted ones included and as they are now, that an applied commit has touched which a vector does not cover; by collection
    /// and key. A vector of another device may know of commits that are not here: of their logs nothing is new.
    /// </summary>
    /// <param name="since">An applied vector, for example of a <see cref="VectorToken"/>.</param>
    /// <param name="fits">Asked for collection and key; null = all.</param>
    public IEnumerable<KeyState> ChangedSince(VersionVector since, Func<string, string, bool>? fits = null)
    {
        var (tags, few) = Read(rows =>
        {
            var touched = TouchedSince(rows, since, fits);
            return (touched, touched.Count > FewItems ? null : touched.Select(t => Collections(rows).MaskOrNull(rows.Item(t))).OfType<KeyState>().ToList());
        });
        few?.Sort(ItemName.Compare);
        return few ?? Items().Where(i => (fits is null || fits(i.Collection, i.Key)) && tags.Contains(_context.Keys.ItemTag(i.Collection, i.Key)));
    }

    /// <summary>One item at a time, from its history; null when it was not there yet.</summary>
    internal KeyState? FindAt(string collection, string key, TimeCut cut) => Read(rows =>
    {
        if (CheckpointRows.Adopted(rows) is not null) return FoldAt(rows, collection, key, cut);
        if (rows.Item(_context.Keys.ItemTag(collection, key)) is { HasParts: true } || Collections(rows).Of(collection) is not null) return FoldAt(rows, collection, key, cut);
        if (rows.Item(_context.Keys.ItemTag(collection, key)) is not { } now) return null;
        var versions = VersionsOf(rows, now).Select(v => (v.Dot, Row: rows.Commit(v.Dot.Commit))).Where(v => v.Row is not null && cut.Holds(v.Dot.Commit, v.Row)).OrderBy(v => v.Row!.Order).ToList();
        // One of them may count only with what was written elsewhere together with it.
        if (Collections(rows).AnyOwners && versions.Exists(v => CountedOperations.IsAtomic(_context, v.Row!))) return FoldAt(rows, collection, key, cut);
        KeyState? state = null;
        foreach (var (operation, origin) in _context.Operations(rows, versions.Select(v => v.Dot))) state = Folding.Apply(state, operation, origin);
        return state;
    });

    // What was counted or added leaves no version, and what goes with a tree neither: the log tells.
    private KeyState? FoldAt(RowAccess rows, string collection, string key, TimeCut cut)
    {
        var told = Told(rows, cut);
        var collections = CollectionsAt(rows, told);
        var state = AdoptedStates(rows).FirstOrDefault(s => s.Collection == collection && s.Key == key);
        foreach (var (operation, origin) in told.All(collections))
        {
            if (operation.Key == key && operation.Collection == collection) state = Folding.Apply(state, operation, origin);
        }

        return collections.MaskOrNull(state);
    }

    internal TimeCut CutAt(DateTimeOffset time) => Read(rows => CutAt(rows, time));

    private HashSet<Id16> TouchedSince(RowAccess rows, VersionVector since, Func<string, string, bool>? fits)
    {
        if (CheckpointRows.Adopted(rows) is { } adopted && adopted.Floor.Logs.Any(l => since.Sequence(l.Key) < l.Value[0].Sequence)) throw SyncErrors.HistoryPruned.With("The token is older than what this device still knows the changes of");
        var touched = new HashSet<Id16>();
        var trees = new List<(string Collection, string Prefix)>();
        foreach (var (log, tips) in _indexer.State.Applied.Logs)
        {
            var theirs = since[log];
            var known = theirs.Where(tip => rows.Commit(tip.Id) is { } row && row.Log == log).ToList();
            if (known.Count == 0 && theirs.Count > 0 && theirs[^1].Sequence >= tips[^1].Sequence && tips.Length == 1) continue; // it was further than we are
            var skip = AncestorsAbove(rows, known, isForked: tips.Length > 1, out ulong from);
            foreach (var (key, _) in rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, from), IndexTables.PrefixEnd(log.ToArray())))
            {
                var id = new CommitId(key.AsSpan(24));
                if (skip.Contains(id) || rows.Commit(id) is not { State: CommitState.Applied } row) continue;
                foreach (var (operation, _) in _context.Blocks.OpenWhole(rows, id, row).Operations(id, row))
                {
                    if (operation.Detail is TreeDetail tree) trees.Add((operation.Collection, tree.Prefix));
                    if (operation.Key.Length == 0) continue;
                    if (fits is null || fits(operation.Collection, operation.Key)) touched.Add(_context.Keys.ItemTag(operation.Collection, operation.Key));
                }
            }
        }

        if (trees.Count > 0)
        {
            foreach (var (tag, item) in rows.AllItems())
            {
                if (item.Key.Length > 0 && trees.Exists(t => t.Collection == item.Collection && item.Key.StartsWith(t.Prefix, StringComparison.Ordinal)) && (fits is null || fits(item.Collection, item.Key))) touched.Add(tag);
            }
        }

        return touched;
    }

    private sealed class PastView(Vault vault, DateTimeOffset time) : IItemView
    {
        private readonly Dictionary<string, ItemList> _lists = new(StringComparer.Ordinal); // by collection
        private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
        private TimeCut? _cut;

        public KeyState? Find(string collection, string key) => vault.FindAt(ItemName.Check(collection), ItemName.Check(key), _cut ??= vault.CutAt(time));

        public IEnumerable<KeyState> ItemsOf(string collection, bool deleted = false, Func<string, bool>? fits = null)
        {
            // Who asks for some names takes no room for the others; who asks again does not read the log again.
            if (fits is not null && _asked.Add(collection) && !_lists.ContainsKey(collection)) return vault.ItemsAt(time, (c, k) => c == collection && fits(k)).Of(collection, deleted);
            if (!_lists.TryGetValue(collection, out var all)) _lists[collection] = all = vault.ItemsAt(time, (c, _) => c == collection);
            return all.Of(collection, deleted, fits);
        }

        // What fields that stay here were then, nobody knows.
        public ItemValue ValueOf(KeyState item) => vault.ValueOf(item, this, addLocal: null);

        public IEnumerable<byte[]> ReadValue(ItemValue value) => vault.ReadValue(value);

        public bool IsHere(ItemValue value) => vault.IsHere(value);
    }
}
