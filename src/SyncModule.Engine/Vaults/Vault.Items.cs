using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>One version of an item, for people and scripts.</summary>
public sealed record ItemVersion(Dot Dot, string VersionId, DeviceId Device, HybridTimestamp Timestamp, OperationKind Kind, bool Alive, long Bytes, bool IsPresent, bool IsActive, IReadOnlyList<Dot> Replaces)
{
    /// <summary>Of a deletion with everything under a name: what the names begin with; null in every other version.</summary>
    public string? Tree { get; init; }
}

/// <summary>Reading items, their values and their history.</summary>
public sealed partial class Vault
{
    private readonly WeakReference<ItemList> _lastItems = new(null!);
    private (ulong Version, bool Value)? _nothingWanted;
    private ulong _lastItemsVersion;
    private string _lastComputed = "";

    /// <summary>The state of one item; null when it was never written.</summary>
    public KeyState? Find(string collection, string key)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        return Read(rows => Find(rows, c, k));
    }

    /// <summary>What is said of a collection as a whole: its policies and the trees that went; null when nothing is.</summary>
    public KeyState? FindCollection(string collection)
    {
        string c = ItemName.Check(collection);
        return Read(rows => Collections(rows).Of(c));
    }

    /// <summary>All items, deleted ones included, sorted by collection and key in ordinal order of their UTF-8 bytes.</summary>
    public ItemList Items() => Read(NewList);

    /// <summary>
    /// The same; the list that was given before, where nothing has changed since and it is still in memory. For who asks again and again what
    /// there is: completions, commands in a loop.
    /// </summary>
    public ItemList ItemsAgain()
    {
        lock (_sync)
        {
            return WithIndex(() =>
            {
                _indexer.CatchUp();
                bool isLast = _lastItems.TryGetTarget(out var last) && _lastItemsVersion == _indexer.State.Version;
                if (isLast && (!last!.MayHoldDerived || _lastComputed == _context.Derived.Stamp())) return last;
                string computed = _context.Derived.Stamp(); // before what it is of
                var items = _indexer.Read(NewList);
                // A list that another process has moved on meanwhile is newer than its version says: it is not given again.
                (_lastItemsVersion, _lastComputed) = (_indexer.State.Version, computed);
                _lastItems.SetTarget(items);
                return items;
            });
        }
    }

    /// <summary>The items of one collection whose key fits, in the order of their names; null = all.</summary>
    public IEnumerable<KeyState> ItemsOf(string collection, bool deleted = false, Func<string, bool>? fits = null) => ItemsAgain().Of(collection, deleted, fits);

    /// <summary>The bytes of a value, piece by piece.</summary>
    /// <exception cref="SyncException">ContentNotHere when an object has not arrived; ObjectDamaged.</exception>
    public IEnumerable<byte[]> ReadValue(ItemValue value) => Values().Read(!value.IsDetached ? value : Read(rows => _context.Attach(rows, value)));

    /// <summary>True when every byte of the value is on this device.</summary>
    public bool IsHere(ItemValue value) =>
        value.Reference is not { } reference || (reference.Kind == ObjectKind.Chunk && IsNothingWanted()) || Values().IsComplete(value);

    /// <summary>
    /// Every version that can be reached from the present heads through what each replaced, newest first by (timestamp, device, dot).
    /// </summary>
    public IReadOnlyList<ItemVersion> History(string collection, string key)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        return Read(rows =>
        {
            var state = Collections(rows).MaskOrNull(rows.Item(_context.Keys.ItemTag(c, k))) ?? throw SyncErrors.ItemNotFound.With(Find(rows, c, k) is null ? $"There is no item '{key}'" : $"'{key}' is computed on this device and has no versions");
            return VersionsOf(rows, state);
        });
    }

    /// <summary>One version by the id that people see: the first 16 hex digits, or more than one digit fewer if it stays unique.</summary>
    public (ItemVersion Version, Operation Operation) FindVersion(string collection, string key, string versionId)
    {
        var matches = History(collection, key).Where(v => v.VersionId.StartsWith(versionId, StringComparison.OrdinalIgnoreCase)).ToList();
        if (versionId.Length < 4 || matches.Count != 1) throw SyncErrors.VersionNotFound.With($"'{key}' has no version '{versionId}'");
        var version = matches[0];
        var found = Read(rows => _context.Operations(rows, [version.Dot]));
        return (version, found[0].Operation);
    }

    /// <summary>The value that a version wrote; see <see cref="FindVersion"/>.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VersionNotFound"/>: it is a deletion, or changed fields of an object and has no value of its own.</exception>
    public static ItemValue ValueOf(Operation version, string versionId)
    {
        if (version.Value is { } value) return value;
        throw SyncErrors.VersionNotFound.With(version.Alive
            ? $"Version '{versionId}' of '{version.Key}' changed fields of an object and is no whole value; the object as it was is shown for a time"
            : $"Version '{versionId}' of '{version.Key}' is a deletion and has no value");
    }

    /// <summary>Merge records, settled and open, in the order (ts, id) (format-1 §7).</summary>
    public IReadOnlyList<MergeRecord> MergeRecords() => Read(rows =>
    {
        List<MergeRecord> records = [.. rows.AllRecords()];
        foreach (var (tag, _) in rows.Transaction.Scan(IndexTables.Open))
        {
            if (rows.Item(new Id16(tag)) is { } state) records.AddRange(Core.Merging.MergeRecords.Open(Collections(rows).Mask(state)));
        }

        records.Sort();
        return records;
    });

    /// <summary>Those of one item, settled and open, in the same order: as fast in a vault of a million items.</summary>
    public IReadOnlyList<MergeRecord> MergeRecords(string collection, string key)
    {
        string c = ItemName.Check(collection), k = key.Length == 0 ? "" : ItemName.Check(key); // "" = of the collection itself
        var tag = _context.Keys.ItemTag(c, k);
        return Read(rows =>
        {
            var records = rows.RecordsOf(tag).ToList();
            if (rows.Item(tag) is { } state) records.AddRange(Core.Merging.MergeRecords.Open(Collections(rows).Mask(state)));
            records.Sort();
            return records;
        });
    }

    /// <summary>Those that <paramref name="read"/> takes out of the index, which is level with everything durable; it may be called again.</summary>
    internal List<MergeRecord> MergeRecords(Func<RowAccess, List<MergeRecord>> read) => Read(read);

    /// <summary>The name that a device was added under; its short id when it is unknown here.</summary>
    public string DeviceName(DeviceId device)
    {
        lock (_sync) return _context.Membership.Fold.NameOf(device) ?? device.ToString()[..8];
    }

    // Whatever a folded operation names is here or wanted (format-1 §6): where nothing is wanted, a list of a million items need not look
    // for the object of each.
    private bool IsNothingWanted()
    {
        lock (_sync)
        {
            if (_nothingWanted is { } known && known.Version == _indexer.State.Version) return known.Value;
            bool nothing = WithIndex(() => _indexer.Read(rows => !rows.Transaction.Scan(IndexTables.Wanted).Any()));
            _nothingWanted = (_indexer.State.Version, nothing);
            return nothing;
        }
    }

    // The one place, with the list, where what was computed here stands among what was written.
    private KeyState? Find(RowAccess rows, string collection, string key)
    {
        var collections = Collections(rows);
        var written = collections.MaskOrNull(rows.Item(_context.Keys.ItemTag(collection, key)));
        return written is { IsAlive: true } || !collections.PolicyOf(collection).IsDerived ? written : _context.Derived.Find(collection, key) ?? written;
    }

    private ItemList NewList(RowAccess rows) => new(rows, _context.MayUseThreads, Collections(rows), _context.Derived);

    internal CollectionStates Collections(RowAccess rows) => rows.Collections(_indexer.State.Applied, _context);

    /// <summary>What is said of collections at this moment.</summary>
    internal CollectionStates CollectionsNow() => Read(Collections);

    /// <summary>The same with another state of one collection.</summary>
    internal CollectionStates With(CollectionStates states, KeyState collection) => Read(rows => states.With(collection, rows, _indexer.State.Applied, _context.IsAdministrator));

    private List<ItemVersion> VersionsOf(RowAccess rows, KeyState state)
    {
        var heads = state.Cells.SelectMany(c => c.Heads).Select(h => h.Dot).ToHashSet();
        var active = state.IsWaiting ? null : state.Item?.First.Dot;
        var versions = TreesOf(rows, state, heads, active).ToDictionary(t => t.Dot);
        var open = new Queue<Dot>(heads.Concat(state.Folded.Cells.SelectMany(c => c.Heads).Select(h => h.Dot)).Where(d => !versions.ContainsKey(d)));
        while (open.Count > 0)
        {
            var batch = open.ToHashSet();
            open.Clear();
            foreach (var (operation, origin) in _context.Operations(rows, batch.Where(d => !versions.ContainsKey(d))))
            {
                if (operation.Key != state.Key || operation.Collection != state.Collection) continue;
                var timestamp = operation.Timestamp ?? origin.CommitTimestamp;
                versions[origin.Dot] = new(origin.Dot, Core.Model.VersionId.Of(origin.Dot), origin.Device, timestamp, operation.Kind, operation.Alive,
                    operation.Value?.Length ?? 0, heads.Contains(origin.Dot), origin.Dot == active, operation.Replaces);
                foreach (var replaced in operation.Replaces)
                {
                    if (!versions.ContainsKey(replaced)) open.Enqueue(replaced);
                }
            }
        }

        return [.. versions.Values.OrderByDescending(v => v.Timestamp).ThenByDescending(v => v.Device).ThenByDescending(v => v.Dot)];
    }

    // A tree that took versions of the item stands in their place (format-1 §7) and is a version of it like any other deletion.
    private IEnumerable<ItemVersion> TreesOf(RowAccess rows, KeyState state, HashSet<Dot> heads, Dot? active)
    {
        if (ReferenceEquals(state, state.Folded) || Collections(rows).Of(state.Collection) is not { Trees.Count: > 0 } collection) yield break;
        foreach (var tree in collection.Trees.Where(t => heads.Contains(t.Dot)))
        {
            var taken = new SortedSet<Dot>();
            foreach (var cell in state.Cells.Where(c => c.Find(tree.Dot) is not null)) taken.UnionWith(state.Folded.Find(cell.Path)!.Heads.Select(h => h.Dot).Where(d => cell.Find(d) is null));
            yield return new(tree.Dot, Core.Model.VersionId.Of(tree.Dot), tree.Device, tree.Timestamp, OperationKind.RemoveTree, false, 0, true, tree.Dot == active, [.. taken]) { Tree = tree.Prefix };
        }
    }

    private ValueReader Values() => new(_context, address =>
    {
        lock (_sync) return WithIndex(() => _indexer.Read(rows => rows.Object(address)));
    });
}
