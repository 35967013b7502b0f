using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Typed reads and writes of index rows in one transaction. Item states, commit rows and rows of wanted objects are kept in memory until
/// <see cref="Flush"/>, so a run of operations on one item costs one row, a commit that goes through the gate at once is written once, and
/// what a manifest names is sealed many at a time.
/// </summary>
internal sealed class RowAccess(ITableTransaction transaction, RowSealer sealer, SeenItems? seen = null)
{
    // Rows of wanted objects that are kept at most; some hundred bytes each.
    private const int MostWanted = 16 << 10;

    // From here on one look whether anything is wanted at all costs less than a look for each.
    private const int WorthLooking = 256;

    private readonly ItemRows _items = new(transaction, sealer, seen);
    private readonly Dictionary<CommitId, CommitRow> _commits = [];
    private readonly Dictionary<ObjectAddress, WantedRow> _wanted = [];
    private CollectionStates? _collections;
    private IReadOnlyDictionary<string, List<CheckpointFloor>>? _floors;

    public ITableTransaction Transaction { get; } = transaction;

    /// <summary>Rows changed since the last flush.</summary>
    public int Pending => _items.Pending + _commits.Count;

    /// <inheritdoc cref="ItemRows.Get"/>
    public KeyState? Item(Id16 tag) => _items.Get(tag);

    /// <summary>H of an item's row as it is stored, where no write of this transaction is pending: where it is the same the state is. Null where there is no row.</summary>
    public Id32? ItemDigest(Id16 tag)
    {
        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        return Transaction.Get(IndexTables.Item, key) is { } row ? Core.Encoding.Digest.Hash(row) : null;
    }

    public void SetItem(Id16 tag, KeyState state) => _items.Set(tag, state);

    /// <summary>What the collections say of themselves, read once a transaction.</summary>
    /// <inheritdoc cref="CollectionStates.Read"/>
    public CollectionStates Collections(VersionVector applied, VaultContext vault) => _collections ??= CollectionStates.Read(this, applied, vault.IsAdministrator);

    /// <summary>The row of an item of which no operation counts any more.</summary>
    public void RemoveItem(Id16 tag)
    {
        _items.Flush(mayUseThreads: false);
        Transaction.Delete(IndexTables.Item, tag.ToArray());
    }

    /// <summary>Those of some operations that are not void because somebody else owns what they, or others of their atomic commit, wrote.</summary>
    public IReadOnlyList<ReplacedHead> Counting(IReadOnlyList<ReplacedHead> operations) =>
        _collections is { AnyOwners: false } ? operations : [.. operations.Where(o => !Transaction.Contains(IndexTables.Refused, IndexTables.DotKey(o.Origin.Dot)))];

    /// <summary>Forgets the settled records of some items.</summary>
    public void RemoveRecords(Func<MergeRecord, bool> those)
    {
        var keys = new List<byte[]>();
        foreach (var (key, row) in Transaction.Scan(IndexTables.Record))
        {
            if (those(Decode(sealer.Open(IndexTables.Record, key, row)))) keys.Add(key);
        }

        foreach (byte[] key in keys) Transaction.Delete(IndexTables.Record, key);
    }

    /// <summary>The floors of applied checkpoints that have snapshots, by collection, ascending.</summary>
    public IReadOnlyDictionary<string, List<CheckpointFloor>> Floors() => _floors ??= FloorRows.All(Transaction, sealer);

    /// <summary>Those of one collection.</summary>
    public IReadOnlyList<CheckpointFloor> FloorsOf(string collection) => Floors().TryGetValue(collection, out var floors) ? floors : [];

    /// <summary>A checkpoint that has a snapshot of a collection is applied.</summary>
    public void SetFloor(string collection, CheckpointFloor floor, VersionVector applied, VaultContext vault)
    {
        FloorRows.Set(Transaction, sealer, collection, floor);
        _floors = null;
        _collections = Collections(applied, vault).With(collection, floor, this, applied, vault.IsAdministrator);
    }

    /// <summary>They are read again: a log that trees speak of has got another branch.</summary>
    public void ForgetCollections() => (_collections, _floors) = (null, null);

    public void SetCollection(Id16 tag, KeyState state, VersionVector applied, VaultContext vault)
    {
        SetItem(tag, state);
        Transaction.Put(IndexTables.Collection, tag.ToArray(), []);
        _collections = Collections(applied, vault).With(state, this, applied, vault.IsAdministrator);
    }

    /// <inheritdoc cref="ItemRows.SetRow"/>
    public void SetItemRow(Id16 tag, ReadOnlySpan<byte> row) => _items.SetRow(tag, row);

    /// <inheritdoc cref="ItemRows.HasNumber"/>
    public bool HasNumber(NumberedOrigin origin) => _items.HasNumber(origin);

    /// <inheritdoc cref="ItemRows.SetFirst"/>
    public void SetFirst(Id16 tag, Operation operation, in OperationOrigin origin) => _items.SetFirst(tag, operation, origin);

    /// <inheritdoc cref="ItemRows.Expect"/>
    public void Expect(int items) => _items.Expect(items);

    /// <summary>Writes what was changed and forgets everything that was kept.</summary>
    /// <inheritdoc cref="ItemRows.Flush"/>
    public void Flush(bool mayUseThreads)
    {
        Span<byte> wide = stackalloc byte[Id32.Size];
        _items.Flush(mayUseThreads);
        foreach (var (id, row) in _commits)
        {
            id.CopyTo(wide);
            Transaction.Put(IndexTables.Commit, wide, row.Encode());
        }

        _commits.Clear();
        FlushWanted();
    }

    public CommitRow? Commit(CommitId id)
    {
        if (_commits.TryGetValue(id, out var changed)) return changed;
        Span<byte> key = stackalloc byte[Id32.Size];
        id.CopyTo(key);
        byte[]? row = Transaction.Get(IndexTables.Commit, key);
        return row is null ? null : CommitRow.Decode(row);
    }

    public bool HasCommit(CommitId id)
    {
        if (_commits.ContainsKey(id)) return true;
        Span<byte> key = stackalloc byte[Id32.Size];
        id.CopyTo(key);
        return Transaction.Contains(IndexTables.Commit, key);
    }

    public void SetCommit(CommitId id, CommitRow row) => _commits[id] = row;

    public ObjectLocation? Object(ObjectAddress address)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        address.CopyTo(key);
        byte[]? row = Transaction.Get(IndexTables.Object, key);
        return row is null ? null : ObjectLocation.Decode(row);
    }

    public bool HasObject(ObjectAddress address)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        address.CopyTo(key);
        return Transaction.Contains(IndexTables.Object, key);
    }

    public void SetObject(ObjectAddress address, ObjectLocation location)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        address.CopyTo(key);
        Transaction.Put(IndexTables.Object, key, location.Encode());
    }

    /// <summary>The object is not here and these need it.</summary>
    public void Want(ObjectReference reference, IReadOnlyDictionary<LogId, ulong> neededBy)
    {
        if (!_wanted.TryGetValue(reference.Address, out var row))
        {
            Span<byte> key = stackalloc byte[Id32.Size];
            reference.Address.CopyTo(key);
            if (Transaction.Get(IndexTables.Wanted, key) is { } stored) row = WantedRow.Decode(sealer.Open(IndexTables.Wanted, key, stored));
        }

        _wanted[reference.Address] = row?.With(neededBy) ?? new(reference, neededBy);
        if (_wanted.Count >= MostWanted) FlushWanted();
    }

    /// <summary>These objects are not wanted any more; gives the rows of the manifests among them, whose content takes their place.</summary>
    public IReadOnlyList<WantedRow> TakeWanted(IReadOnlyList<(ObjectAddress Address, ObjectLocation Location)> objects)
    {
        var manifests = new List<WantedRow>();
        if (objects.Count >= WorthLooking && _wanted.Count == 0 && !Transaction.Scan(IndexTables.Wanted).Any()) return manifests;
        void Take(WantedRow row)
        {
            if (row.Reference.Kind == ObjectKind.Manifest) manifests.Add(row);
        }

        var batch = new Lazy<RowBatch>(() => new RowBatch(sealer, IndexTables.Wanted));
        Span<byte> key = stackalloc byte[Id32.Size];
        foreach (var (address, _) in objects)
        {
            address.CopyTo(key);
            bool changed = _wanted.Remove(address, out var row);
            byte[]? stored = Transaction.Get(IndexTables.Wanted, key);
            if (stored is not null) Transaction.Delete(IndexTables.Wanted, key);
            if (changed) Take(row!);
            else if (stored is not null)
            {
                batch.Value.Add(key, stored);
                if (batch.Value.IsFull) batch.Value.Open(body => Take(WantedRow.Decode(body)));
            }
        }

        if (batch.IsValueCreated) batch.Value.Open(body => Take(WantedRow.Decode(body)));
        return manifests;
    }

    /// <summary>Commits that wait for a commit, an epoch, or the object that a block stands in.</summary>
    public IReadOnlyList<CommitId> WaitingFor(Id32 what)
    {
        var from = IndexTables.Pair(what, default);
        return [.. Transaction.Scan(IndexTables.Waiting, from, IndexTables.PrefixEnd(from.AsSpan(0, Id32.Size))).Select(r => new CommitId(r.Key.AsSpan(Id32.Size)))];
    }

    /// <summary>All wanted rows, by address.</summary>
    public IEnumerable<KeyValuePair<ObjectAddress, WantedRow>> AllWanted()
    {
        foreach (var (key, row) in Transaction.Scan(IndexTables.Wanted)) yield return new(new Id32(key), WantedRow.Decode(sealer.Open(IndexTables.Wanted, key, row)));
    }

    /// <summary>Gives all opened item rows; see <see cref="ItemScan"/>.</summary>
    public void VisitItems(Action<ReadOnlySpan<byte>> take, bool mayUseThreads) => ItemScan.Run(Transaction, sealer, mayUseThreads, take);

    /// <summary>The origins that item rows name, for who reads the rows after the transaction.</summary>
    /// <inheritdoc cref="OriginRows.Given"/>
    public IReadOnlyList<NumberedOrigin> GivenOrigins() => [.. OriginRows.Given(Transaction)];

    public IOriginNumbers AllOrigins() => OriginRows.All(Transaction);

    /// <summary>All states that are flushed, those of collections among them, in the order of their tags.</summary>
    public IEnumerable<(Id16 Tag, KeyState Item)> AllItems()
    {
        foreach (var (key, row) in Transaction.Scan(IndexTables.Item)) yield return (new(key), _items.Read(sealer.Open(IndexTables.Item, key, row)));
    }

    /// <param name="tag">Of the item that it is about.</param>
    /// <param name="record">A settled one.</param>
    public void SetRecord(Id16 tag, MergeRecord record)
    {
        var key = RecordKey(tag, record);
        Transaction.Put(IndexTables.Record, key, sealer.Seal(IndexTables.Record, key, Encode(record)));
    }

    public void RemoveRecord(Id16 tag, MergeRecord record) => Transaction.Delete(IndexTables.Record, RecordKey(tag, record));

    /// <summary>Settled merge records in the order (ts, id).</summary>
    public IReadOnlyList<MergeRecord> AllRecords()
    {
        var records = Transaction.Scan(IndexTables.Record).Select(r => Decode(sealer.Open(IndexTables.Record, r.Key, r.Value))).ToList();
        records.Sort();
        return records;
    }

    /// <summary>Those of one item, in the same order.</summary>
    public IEnumerable<MergeRecord> RecordsOf(Id16 tag)
    {
        byte[] prefix = tag.ToArray();
        foreach (var (key, row) in Transaction.Scan(IndexTables.Record, prefix, IndexTables.PrefixEnd(prefix))) yield return Decode(sealer.Open(IndexTables.Record, key, row));
    }

    /// <summary>Those of them whose id is wanted, in no order. The id stands in the key: a record that is not wanted is not opened.</summary>
    public List<MergeRecord> Records(Func<Id32, bool> wanted)
    {
        var records = new List<MergeRecord>();
        Transaction.Visit(IndexTables.Record, (key, row) =>
        {
            if (wanted(new Id32(key[(Id16.Size + sizeof(ulong))..]))) records.Add(Decode(sealer.Open(IndexTables.Record, key, row)));
        });
        return records;
    }

    public ObjectReference? Dedup(ReadOnlySpan<byte> tag)
    {
        byte[]? row = Transaction.Get(IndexTables.Dedup, tag);
        if (row is null) return null;
        var reader = new Core.Encoding.CborReader(sealer.Open(IndexTables.Dedup, tag, row));
        return ObjectReference.Read(ref reader);
    }

    public void SetDedup(ReadOnlySpan<byte> tag, ObjectReference reference)
    {
        var writer = new Core.Encoding.CborWriter();
        reference.Write(writer);
        Transaction.Put(IndexTables.Dedup, tag, sealer.Seal(IndexTables.Dedup, tag, writer.Written));
    }

    private void FlushWanted()
    {
        if (_wanted.Count == 0) return;
        var batch = new RowBatch(sealer, IndexTables.Wanted);
        void Put(ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> row) => Transaction.Put(IndexTables.Wanted, rowKey, row);
        Span<byte> key = stackalloc byte[Id32.Size];
        foreach (var (address, row) in _wanted)
        {
            if (batch.IsFull) batch.Seal(Put);
            address.CopyTo(key);
            row.Write(batch.Begin(key));
        }

        batch.Seal(Put);
        _wanted.Clear();
    }

    private static byte[] Encode(MergeRecord record)
    {
        var writer = new Core.Encoding.CborWriter(512);
        record.Write(writer);
        return writer.ToArray();
    }

    private static MergeRecord Decode(ReadOnlySpan<byte> row)
    {
        var reader = new Core.Encoding.CborReader(row);
        return MergeRecord.Read(ref reader);
    }

    private static byte[] RecordKey(Id16 tag, MergeRecord record)
    {
        var key = new byte[Id16.Size + sizeof(ulong) + Id32.Size];
        tag.CopyTo(key);
        IndexTables.Number(record.Timestamp.Value).CopyTo(key, Id16.Size);
        record.Id.CopyTo(key.AsSpan(Id16.Size + sizeof(ulong)));
        return key;
    }
}
