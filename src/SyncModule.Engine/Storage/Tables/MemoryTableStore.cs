namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// Both seams in memory, for tests and simulation: deterministic, with states that can be kept and put back. A simulated power cut
/// keeps the latest <see cref="Snapshot"/> for local.db and may restore any earlier one for index.db.
/// </summary>
public sealed class MemoryTableStore : ILogIndex, ILocalStore
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly WriterGate _gate = new();

    // Never changed in place: a commit puts a new array there, so readers and snapshots keep theirs.
    private volatile SortedRows[] _tables = Empty();
    private bool _disposed;

    /// <summary>Set by a simulation that cuts the power under an index.</summary>
    public bool NeedsRebuild { get; set; }

    /// <summary>Set by a simulation that deletes the file.</summary>
    public bool FileReplaced { get; set; }

    public ITableTransaction Begin(bool write)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (write) _gate.Enter(Deadline, "the table store");
        return new Transaction(this, write);
    }

    public void Reset()
    {
        using var transaction = Begin(write: true);
        for (int table = 0; table < ITableStore.TableCount; table++) transaction.Clear(table);
        transaction.Commit();
        NeedsRebuild = false;
    }

    /// <summary>The committed rows as they are now; costs nothing.</summary>
    public MemoryTableSnapshot Snapshot() => new(_tables);

    /// <summary>Puts committed rows back. Not while a write transaction is open.</summary>
    public void Restore(MemoryTableSnapshot snapshot)
    {
        _gate.Enter(TimeSpan.Zero, "the table store");
        _tables = snapshot.Tables;
        _gate.Leave();
    }

    public void Dispose() => _disposed = true;

    private static SortedRows[] Empty() => [.. Enumerable.Range(0, ITableStore.TableCount).Select(_ => new SortedRows())];

    private sealed class Transaction(MemoryTableStore store, bool write) : TableTransaction(write)
    {
        private readonly SortedRows[] _rows = [.. store._tables];
        private readonly bool[] _forked = new bool[ITableStore.TableCount];

        protected override byte[]? GetRow(int table, ReadOnlySpan<byte> key) =>
            _rows[table].TryGet(key, out byte[]? value) ? [.. value!] : null;

        protected override bool HasRow(int table, ReadOnlySpan<byte> key) => _rows[table].TryGet(key, out _);

        protected override void PutRow(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Own(table).Set(key, value.ToArray());

        protected override void DeleteRow(int table, ReadOnlySpan<byte> key) => Own(table).Remove(key);

        protected override void ClearRows(int table)
        {
            _rows[table] = new SortedRows();
            _forked[table] = true;
        }

        protected override long CountRows(int table) => _rows[table].Count;

        // Copies, as from a file: a caller that changes what it was given changes nothing here.
        protected override IEnumerable<KeyValuePair<byte[], byte[]>> ReadRows(int table, KeyRange range) =>
            _rows[table].Rows(range).Select(row => new KeyValuePair<byte[], byte[]>([.. row.Key], [.. row.Value!]));

        protected override void CommitRows()
        {
            if (Write) store._tables = _rows;
        }

        protected override void End(bool rollback)
        {
            if (Write) store._gate.Leave();
        }

        private SortedRows Own(int table)
        {
            if (!_forked[table]) _rows[table] = _rows[table].Fork();
            _forked[table] = true;
            return _rows[table];
        }
    }
}

/// <summary>Committed rows of a <see cref="MemoryTableStore"/> at one moment; may be restored any number of times, into any store.</summary>
public sealed class MemoryTableSnapshot
{
    internal MemoryTableSnapshot(SortedRows[] tables) => Tables = tables;

    internal SortedRows[] Tables { get; }
}
