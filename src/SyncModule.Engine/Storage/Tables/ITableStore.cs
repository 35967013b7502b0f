namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// A small ordered byte-key table store. Table ids are constants of the callers, 0 to <see cref="TableCount"/> - 1.
/// Safe for several threads; a transaction belongs to one thread at a time.
/// </summary>
public interface ITableStore : IDisposable
{
    /// <summary>How many tables every store has.</summary>
    const int TableCount = 16;

    /// <summary>
    /// Starts a transaction. It sees what was committed when it began and its own writes, nothing else.
    /// One writer exists at a time, across processes: a second one waits, at most for the store's deadline.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultBusy"/> at the deadline; the store's own kind of damage.</exception>
    /// <exception cref="InvalidOperationException">This thread holds a write transaction of this store already.</exception>
    ITableTransaction Begin(bool write);

    /// <summary>One committed row, as a transaction that begins now would read it; null where there is none. The store may do without one.</summary>
    byte[]? Get(int table, ReadOnlySpan<byte> key)
    {
        using var transaction = Begin(write: false);
        return transaction.Get(table, key);
    }

    /// <summary>
    /// Looks through all of the file's own structure: a row that no page leads to any more is missed by nobody who reads the others. Takes
    /// about as long as reading it.
    /// </summary>
    /// <exception cref="SyncException">The store's own kind of damage, where it cannot even be looked through.</exception>
    bool IsWhole() => true;
}

/// <summary>Takes one row of a table.</summary>
public delegate void RowVisitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

/// <summary>Reads and, if begun so, writes. Dispose without <see cref="Commit"/> rolls back. Keys may be empty; they sort as unsigned bytes, a prefix first.</summary>
public interface ITableTransaction : IDisposable
{
    /// <summary>The row's value (a fresh array), or null where there is no row.</summary>
    byte[]? Get(int table, ReadOnlySpan<byte> key);

    bool Contains(int table, ReadOnlySpan<byte> key);

    /// <summary>Adds the row or replaces its value; both spans are copied.</summary>
    void Put(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>
    /// The same for many rows that come in key order: they go where they belong at once, instead of being kept in memory until the commit.
    /// </summary>
    void PutInOrder(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Put(table, key, value);

    /// <summary>Removes the row if it is there.</summary>
    void Delete(int table, ReadOnlySpan<byte> key);

    /// <summary>Removes every row of the table.</summary>
    void Clear(int table);

    /// <summary>
    /// Rows with <paramref name="from"/> &lt;= key &lt; <paramref name="to"/> (null = open), lowest or highest first; this transaction's own
    /// writes included. Rows are read page by page, so Put, Delete and Clear during the iteration are safe; whether a row that was
    /// written ahead of the iteration is still met is not promised.
    /// </summary>
    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(int table, byte[]? from = null, byte[]? to = null, bool descending = false);

    /// <summary>
    /// Gives all rows of a table without a copy of any, lowest first or, where a store says so, as they lie: the spans are valid during the call.
    /// <paramref name="visit"/> does nothing with the transaction.
    /// </summary>
    void Visit(int table, RowVisitor visit)
    {
        foreach (var (key, value) in Scan(table)) visit(key, value);
    }

    /// <summary>The exact number of rows.</summary>
    long Count(int table);

    /// <summary>Makes the writes visible to transactions that begin later, all or none. The transaction is over then; only Dispose may follow.</summary>
    void Commit();
}

/// <summary>index.db (format-1 §12): trails the log, is not fsynced and may be thrown away and made again at any time.</summary>
public interface ILogIndex : ITableStore
{
    /// <summary>
    /// The machine may have lost writes since the index was last whole (a power cut, not a killed process): its rows are
    /// not to be believed, and writing is refused, until <see cref="Reset"/> was called. A new index is empty and needs no Reset.
    /// </summary>
    bool NeedsRebuild { get; }

    /// <summary>The file under the store's path is no longer the one that was opened: dispose and open again.</summary>
    bool FileReplaced { get; }

    /// <summary>Drops all rows of all tables in one transaction; <see cref="NeedsRebuild"/> is false afterwards.</summary>
    void Reset();
}

/// <summary>local.db (format-1 §12): each Commit is durable when it returns; nothing can make it again.</summary>
public interface ILocalStore : ITableStore
{
    /// <summary>The file under the store's path is no longer the one that was opened: dispose and open again.</summary>
    bool FileReplaced { get; }
}
