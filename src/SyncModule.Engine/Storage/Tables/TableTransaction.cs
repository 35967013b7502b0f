namespace SyncModule.Engine.Storage.Tables;

/// <summary>What both kinds of transaction share: argument checks, the life cycle, and scans that are cut into pages.</summary>
internal abstract class TableTransaction(bool write) : ITableTransaction
{
    // One page of a scan, the same in every store, so that a simulation and a real run meet the same rows.
    private const int PageRows = 256;
    private const int PageBytes = 4 << 20;

    private bool _over;

    protected bool Write { get; } = write;

    public byte[]? Get(int table, ReadOnlySpan<byte> key)
    {
        CheckRead(table);
        return GetRow(table, key);
    }

    public bool Contains(int table, ReadOnlySpan<byte> key)
    {
        CheckRead(table);
        return HasRow(table, key);
    }

    public void Put(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        CheckWrite(table);
        PutRow(table, key, value);
    }

    public void PutInOrder(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        CheckWrite(table);
        PutRowInOrder(table, key, value);
    }

    public void Visit(int table, RowVisitor visit)
    {
        CheckRead(table);
        VisitRows(table, visit);
    }

    public void Delete(int table, ReadOnlySpan<byte> key)
    {
        CheckWrite(table);
        DeleteRow(table, key);
    }

    public void Clear(int table)
    {
        CheckWrite(table);
        ClearRows(table);
    }

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(int table, byte[]? from = null, byte[]? to = null, bool descending = false)
    {
        CheckRead(table);
        return Pages(table, new KeyRange(from, to, LowOpen: false, descending));
    }

    public long Count(int table)
    {
        CheckRead(table);
        return CountRows(table);
    }

    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_over, this);
        bool done = false;
        try
        {
            CommitRows();
            done = true;
        }
        finally
        {
            // A commit that failed leaves nothing behind that a second try could half repeat.
            _over = true;
            End(rollback: !done);
        }
    }

    public void Dispose()
    {
        if (_over) return;
        _over = true;
        End(rollback: true);
    }

    protected abstract byte[]? GetRow(int table, ReadOnlySpan<byte> key);

    protected abstract bool HasRow(int table, ReadOnlySpan<byte> key);

    protected abstract void PutRow(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    protected virtual void PutRowInOrder(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => PutRow(table, key, value);

    protected virtual void VisitRows(int table, RowVisitor visit)
    {
        foreach (var (key, value) in Pages(table, default)) visit(key, value);
    }

    protected abstract void DeleteRow(int table, ReadOnlySpan<byte> key);

    protected abstract void ClearRows(int table);

    protected abstract long CountRows(int table);

    /// <summary>The rows of the range, read while nothing is written.</summary>
    protected abstract IEnumerable<KeyValuePair<byte[], byte[]>> ReadRows(int table, KeyRange range);

    protected abstract void CommitRows();

    /// <summary>Called once, after Commit or instead of it; frees what the transaction holds and never throws.</summary>
    protected abstract void End(bool rollback);

    private IEnumerable<KeyValuePair<byte[], byte[]>> Pages(int table, KeyRange range)
    {
        var page = new List<KeyValuePair<byte[], byte[]>>();
        while (true)
        {
            ObjectDisposedException.ThrowIf(_over, this);
            page.Clear();
            long bytes = 0;
            bool more = false;
            foreach (var row in ReadRows(table, range))
            {
                page.Add(row);
                bytes += row.Key.Length + row.Value.Length;
                more = page.Count == PageRows || bytes >= PageBytes;
                if (more) break;
            }

            foreach (var row in page) yield return row;
            if (!more) yield break;
            range = range.After(page[^1].Key);
        }
    }

    private void CheckRead(int table)
    {
        ObjectDisposedException.ThrowIf(_over, this);
        ArgumentOutOfRangeException.ThrowIfNegative(table);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(table, ITableStore.TableCount);
    }

    private void CheckWrite(int table)
    {
        CheckRead(table);
        if (!Write) throw new InvalidOperationException("The transaction was begun for reading.");
    }
}
