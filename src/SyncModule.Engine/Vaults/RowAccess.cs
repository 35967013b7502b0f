using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Typed reads and writes of index rows in one transaction. Item states and commit rows are kept in memory until <see cref="Flush"/>, so
/// a run of operations on one item costs one row, and a commit that goes through the gate at once is written once.
/// </summary>
internal sealed class RowAccess(ITableTransaction transaction, RowSealer sealer)
{
    private readonly Dictionary<Id16, KeyState?> _items = [];
    private readonly HashSet<Id16> _dirty = [];
    private readonly Dictionary<Id16, ReadOnlyMemory<byte>> _bodies = []; // items whose row was made already, and that are in neither of the two above
    private readonly Dictionary<CommitId, CommitRow> _commits = [];

    public ITableTransaction Transaction { get; } = transaction;

    /// <summary>Rows changed since the last flush.</summary>
    public int Pending => _dirty.Count + _bodies.Count + _commits.Count;

    public KeyState? Item(Id16 tag)
    {
        if (_items.TryGetValue(tag, out var state)) return state;
        if (_bodies.TryGetValue(tag, out var body)) return KeyState.Decode(body.Span);
        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        byte[]? row = Transaction.Get(IndexTables.Item, key);
        return _items[tag] = row is null ? null : KeyState.Decode(sealer.Open(IndexTables.Item, key, row));
    }

    public void SetItem(Id16 tag, KeyState state)
    {
        _items[tag] = state;
        _dirty.Add(tag);
        _bodies.Remove(tag);
    }

    /// <summary>The same for a state that was encoded already; the bytes are not changed until <see cref="Flush"/>.</summary>
    public void SetItemBody(Id16 tag, ReadOnlyMemory<byte> body)
    {
        _bodies[tag] = body;
        _items.Remove(tag);
        _dirty.Remove(tag);
    }

    /// <summary>Writes what was changed and forgets everything that was kept.</summary>
    public void Flush()
    {
        Span<byte> key = stackalloc byte[Id16.Size], wide = stackalloc byte[Id32.Size];
        var batch = new RowBatch(sealer, IndexTables.Item);
        var tags = new Id16[_dirty.Count + _bodies.Count];
        _dirty.CopyTo(tags);
        _bodies.Keys.CopyTo(tags, _dirty.Count);
        Array.Sort(tags); // the order of keys, as the table wants them
        foreach (var tag in tags)
        {
            tag.CopyTo(key);
            if (_bodies.TryGetValue(tag, out var body)) batch.Begin(key).WriteRaw(body.Span);
            else _items[tag]!.Write(batch.Begin(key));
            if (batch.IsFull) batch.Seal(PutItem);
        }

        batch.Seal(PutItem);
        _dirty.Clear();
        _items.Clear();
        _bodies.Clear();
        foreach (var (id, row) in _commits)
        {
            id.CopyTo(wide);
            Transaction.Put(IndexTables.Commit, wide, row.Encode());
        }

        _commits.Clear();
    }

    private void PutItem(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row) => Transaction.Put(IndexTables.Item, key, row);

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

    public WantedRow? Wanted(ObjectAddress address)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        address.CopyTo(key);
        byte[]? row = Transaction.Get(IndexTables.Wanted, key);
        return row is null ? null : WantedRow.Decode(sealer.Open(IndexTables.Wanted, key, row));
    }

    public void SetWanted(ObjectAddress address, WantedRow row)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        address.CopyTo(key);
        Transaction.Put(IndexTables.Wanted, key, sealer.Seal(IndexTables.Wanted, key, row.Encode()));
    }

    public void RemoveWanted(ObjectAddress address)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        address.CopyTo(key);
        Transaction.Delete(IndexTables.Wanted, key);
    }

    /// <summary>All wanted rows, by address.</summary>
    public IEnumerable<KeyValuePair<ObjectAddress, WantedRow>> AllWanted()
    {
        foreach (var (key, row) in Transaction.Scan(IndexTables.Wanted)) yield return new(new Id32(key), WantedRow.Decode(sealer.Open(IndexTables.Wanted, key, row)));
    }

    /// <summary>All item states, in the order of their tags.</summary>
    public IEnumerable<KeyState> AllItems()
    {
        foreach (var (key, row) in Transaction.Scan(IndexTables.Item)) yield return KeyState.Decode(sealer.Open(IndexTables.Item, key, row));
    }

    public void SetRecord(MergeRecord record)
    {
        var key = RecordKey(record);
        Transaction.Put(IndexTables.Record, key, sealer.Seal(IndexTables.Record, key, Encode(record)));
    }

    /// <summary>Settled merge records in the order (ts, id).</summary>
    public IEnumerable<MergeRecord> AllRecords()
    {
        foreach (var (key, row) in Transaction.Scan(IndexTables.Record)) yield return Decode(sealer.Open(IndexTables.Record, key, row));
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

    private static byte[] RecordKey(MergeRecord record)
    {
        var key = new byte[40];
        IndexTables.Number(record.Timestamp.Value).CopyTo(key, 0);
        record.Id.CopyTo(key.AsSpan(8));
        return key;
    }
}
