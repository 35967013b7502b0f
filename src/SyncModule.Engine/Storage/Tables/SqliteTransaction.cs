using SQLitePCL;
using Kind = SyncModule.Engine.Storage.Tables.SqliteConnection.Kind;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// A transaction of a <see cref="SqliteTableStore"/>. Writes wait in a sorted overlay and go to SQLite in key order, which is
/// several times faster than in random order; reads merge overlay and file. Any failure of SQLite makes the connection one to throw away.
/// </summary>
internal sealed class SqliteTransaction : TableTransaction
{
    // Beyond this an overlay goes to SQLite early, still within the transaction: memory stays bounded.
    private const long OverlayLimit = 64 << 20;
    private const int RowCost = 64;

    private readonly SqliteTableStore _store;
    private readonly SqliteConnection _connection;
    private readonly SqliteFailure _failure;
    private readonly SortedRows?[] _overlay = new SortedRows?[ITableStore.TableCount];
    private long _overlayBytes;
    private bool _broken;

    public SqliteTransaction(SqliteTableStore store, SqliteConnection connection, SqliteFailure failure, bool write)
        : base(write) => (_store, _connection, _failure) = (store, connection, failure);

    protected override byte[]? GetRow(int table, ReadOnlySpan<byte> key)
    {
        if (_overlay[table] is { } rows && rows.TryGet(key, out byte[]? value)) return value is null ? null : [.. value];
        return One(Kind.Get, table, key, out byte[]? stored) ? stored : null;
    }

    protected override bool HasRow(int table, ReadOnlySpan<byte> key) =>
        _overlay[table] is { } rows && rows.TryGet(key, out byte[]? value) ? value is not null : One(Kind.Has, table, key, out _);

    protected override void PutRow(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Buffer(table, key, value.ToArray());

    // What waits in the overlay is older and must not come later.
    protected override void PutRowInOrder(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        try
        {
            Flush(table);
            _connection.Put(table, key, value);
        }
        catch
        {
            _broken = true;
            throw;
        }
    }

    protected override void VisitRows(int table, RowVisitor visit)
    {
        try
        {
            Flush(table);
            _connection.Visit(table, visit);
        }
        catch
        {
            _broken = true;
            throw;
        }
    }

    protected override void DeleteRow(int table, ReadOnlySpan<byte> key) => Buffer(table, key, null);

    protected override void ClearRows(int table)
    {
        _overlay[table] = null;
        Run(Kind.Clear, table);
    }

    // Walks the table: SQLite keeps no count.
    protected override long CountRows(int table)
    {
        Flush(table);
        return Run(Kind.Count, table);
    }

    protected override IEnumerable<KeyValuePair<byte[], byte[]>> ReadRows(int table, KeyRange range)
    {
        if (_overlay[table] is not { Count: > 0 } rows)
        {
            foreach (var row in FileRows(table, range)) yield return row;
            yield break;
        }

        using var file = FileRows(table, range).GetEnumerator();
        bool more = file.MoveNext();
        foreach (var (key, value) in rows.Rows(range))
        {
            int order = 1;
            while (more && (order = Order(file.Current.Key, key, range)) < 0)
            {
                yield return file.Current;
                more = file.MoveNext();
            }

            if (more && order == 0) more = file.MoveNext();
            if (value is not null) yield return new([.. key], [.. value]);
        }

        for (; more; more = file.MoveNext()) yield return file.Current;
    }

    protected override void CommitRows()
    {
        if (Write)
        {
            for (int table = 0; table < _overlay.Length; table++) Flush(table);
            Guard(() => _store.BeforeCommit(_connection));
        }

        Guard(() => _connection.Execute("COMMIT"));
    }

    protected override void End(bool rollback)
    {
        if (rollback && !_broken)
        {
            try
            {
                _connection.Execute("ROLLBACK");
            }
            catch (SyncException)
            {
                _broken = true; // closing the connection rolls back as well
            }
        }

        _store.Return(_connection, Write, _broken);
    }

    private static int Order(byte[] left, byte[] right, KeyRange range)
    {
        int order = left.AsSpan().SequenceCompareTo(right);
        return range.Descending ? -order : order;
    }

    private void Buffer(int table, ReadOnlySpan<byte> key, byte[]? value)
    {
        (_overlay[table] ??= new SortedRows()).Set(key, value);
        _overlayBytes += key.Length + (value?.Length ?? 0) + RowCost;
        if (_overlayBytes < OverlayLimit) return;
        for (int i = 0; i < _overlay.Length; i++) Flush(i);
        _overlayBytes = 0;
    }

    private void Flush(int table)
    {
        if (_overlay[table] is not { Count: > 0 } rows) return;
        Guard(() => _connection.Apply(table, rows.Rows(default)));
        _overlay[table] = null;
    }

    private bool One(Kind kind, int table, ReadOnlySpan<byte> key, out byte[]? value)
    {
        try
        {
            return _connection.Find(kind, table, key, out value);
        }
        catch
        {
            _broken = true;
            throw;
        }
    }

    private long Run(Kind kind, int table)
    {
        long result = 0;
        Guard(() =>
        {
            sqlite3_stmt statement = _connection.For(kind, table);
            if (_connection.Step(statement, "reading")) result = raw.sqlite3_column_int64(statement, 0);
            raw.sqlite3_reset(statement);
        });
        return result;
    }

    private IEnumerable<KeyValuePair<byte[], byte[]>> FileRows(int table, KeyRange range)
    {
        string where = (range.Low is null, range.High is null) switch
        {
            (true, true) => "",
            (false, true) => range.LowOpen ? " WHERE k>?1" : " WHERE k>=?1",
            (true, false) => " WHERE k<?2",
            (false, false) => range.LowOpen ? " WHERE k>?1 AND k<?2" : " WHERE k>=?1 AND k<?2",
        };
        sqlite3_stmt? statement = null;
        Guard(() =>
        {
            statement = _connection.Prepare($"SELECT k,v FROM t{table}{where} ORDER BY k{(range.Descending ? " DESC" : "")}");
            if (range.Low is not null) _connection.Bind(statement, 1, range.Low);
            if (range.High is not null) _connection.Bind(statement, 2, range.High);
        });
        try
        {
            while (true)
            {
                KeyValuePair<byte[], byte[]>? row = null;
                Guard(() =>
                {
                    if (!_connection.Step(statement!, "reading")) return;
                    row = new(_connection.Blob(statement!, 0), _connection.Blob(statement!, 1));

                    // A damaged page may hold keys in any order: without this check a scan could run in circles.
                    if (!range.Contains(row.Value.Key)) throw _failure.Broken("rows are out of order");
                });
                if (row is null) yield break;
                range = range.After(row.Value.Key);
                yield return row.Value;
            }
        }
        finally
        {
            raw.sqlite3_reset(statement!);
        }
    }

    /// <summary>The number that a question of SQLite's own gives, of what this transaction sees.</summary>
    internal long Ask(string sql)
    {
        long answer = 0;
        Guard(() => answer = _connection.Execute(sql));
        return answer;
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch
        {
            _broken = true;
            throw;
        }
    }
}
