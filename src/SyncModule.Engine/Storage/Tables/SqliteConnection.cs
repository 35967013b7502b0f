using System.Runtime.InteropServices;
using SQLitePCL;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>One connection to a table store's file with its prepared statements. One thread at a time.</summary>
internal sealed partial class SqliteConnection : IDisposable
{
    private const int FcntlHasMoved = 20;
    private static readonly string[] Texts =
    [
        "SELECT v FROM t{0} WHERE k=?1",
        "SELECT 1 FROM t{0} WHERE k=?1",
        "REPLACE INTO t{0}(k,v) VALUES(?1,?2)",
        "DELETE FROM t{0} WHERE k=?1",
        "DELETE FROM t{0}",
        "SELECT count(*) FROM t{0}",
        "SELECT k,v FROM t{0} ORDER BY k",
    ];

    // Of a heap: a row that is there stays in its place, and all of them come as they lie.
    private const string HeapPut = "INSERT INTO t{0}(k,v) VALUES(?1,?2) ON CONFLICT(k) DO UPDATE SET v=excluded.v";
    private const string HeapAll = "SELECT k,v,rowid FROM t{0} ORDER BY rowid";

    // Not a static constructor: its failure would reach the caller wrapped in another exception.
    private static readonly Lazy<bool> Native = new(LoadNative);

    private readonly sqlite3 _db;
    private readonly SqliteFailure _failure;
    private readonly IReadOnlyList<int> _heaps;
    private readonly Dictionary<string, sqlite3_stmt> _statements = new(StringComparer.Ordinal);
    private readonly sqlite3_stmt?[,] _byTable = new sqlite3_stmt?[ITableStore.TableCount, Texts.Length];

    /// <summary>Opens the file, which must exist, and sets what is a connection's own; the schema is the store's matter.</summary>
    public SqliteConnection(SqliteFailure failure, TimeSpan deadline, bool durable, IReadOnlyList<int> heaps)
    {
        (_failure, _heaps) = (failure, heaps);
        _ = Native.Value;
        int code = raw.sqlite3_open_v2(failure.Path, out _db, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, PatientVfs.Name);
        try
        {
            Check(code, "opening");
            raw.sqlite3_extended_result_codes(_db, 1);
            BusyWait.Set(_db, deadline);
            foreach (string pragma in new[] { "page_size=4096", "temp_store=MEMORY", "cache_size=-16384", "mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON", "wal_autocheckpoint=4000" })
                Execute("PRAGMA " + pragma);
            Synchronous(durable);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public enum Kind
    {
        Get,
        Has,
        Put,
        Delete,
        Clear,
        Count,
        All,
    }

    /// <summary>FULL waits for the disk at each commit; OFF never does.</summary>
    public void Synchronous(bool durable) => Execute(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");

    /// <summary>The path no longer leads to the file that this connection has open.</summary>
    public bool Moved()
    {
        if (OperatingSystem.IsWindows()) return false; // an open file can neither be deleted nor replaced there
        int moved = 0;
        Check(FileControl(_db.DangerousGetHandle(), 0, FcntlHasMoved, ref moved), "looking for the file");
        GC.KeepAlive(_db);
        return moved != 0;
    }

    /// <summary>Runs a statement to its end; returns the first column of its first row as a number, 0 without rows.</summary>
    public long Execute(string sql)
    {
        sqlite3_stmt statement = Prepare(sql);
        try
        {
            long result = 0;
            for (bool first = true; Step(statement, sql); first = false)
            {
                if (first) result = raw.sqlite3_column_int64(statement, 0);
            }

            return result;
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>The cached statement of a table, ready to bind.</summary>
    public sqlite3_stmt For(Kind kind, int table) =>
        _byTable[table, (int)kind] ??= Prepare(string.Format(System.Globalization.CultureInfo.InvariantCulture, TextOf(kind, _heaps.Contains(table)), table));

    /// <summary>The cached statement for an SQL text; the texts are constants of the program.</summary>
    public sqlite3_stmt Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out sqlite3_stmt? statement)) return statement;
        Check(raw.sqlite3_prepare_v2(_db, sql, out statement), sql);
        return _statements[sql] = statement;
    }

    public void Bind(sqlite3_stmt statement, int index, ReadOnlySpan<byte> blob)
    {
        // An empty span has no address, and SQLite takes a blob without address for NULL.
        int code = blob.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, blob);
        Check(code, "binding");
    }

    /// <summary>
    /// Writes or deletes (null) rows, which come sorted. The hottest loop of an index: raw handles, and SQLite reads keys and values
    /// where they lie (SQLITE_STATIC) instead of copying them; they are pinned until the step has ended, and bound anew before the next.
    /// </summary>
    public unsafe void Apply(int table, IEnumerable<KeyValuePair<byte[], byte[]?>> rows)
    {
        sqlite3_stmt put = For(Kind.Put, table), delete = For(Kind.Delete, table);
        nint putHandle = put.DangerousGetHandle(), deleteHandle = delete.DangerousGetHandle();
        byte none = 0; // an empty blob needs an address: without one it would be NULL
        foreach (var (key, value) in rows)
        {
            nint statement = value is null ? deleteHandle : putHandle;
            fixed (byte* k = key, v = value)
            {
                int code = BindBlob(statement, 1, k is null ? &none : k, key.Length, 0);
                if (code == raw.SQLITE_OK && value is not null) code = BindBlob(statement, 2, v is null ? &none : v, value.Length, 0);
                if (code == raw.SQLITE_OK) code = StepRaw(statement);
                _ = Reset(statement);
                if (code != raw.SQLITE_DONE) throw _failure.From(code, "writing");
            }
        }

        GC.KeepAlive(put);
        GC.KeepAlive(delete);
    }

    /// <summary>Writes one row, as <see cref="Apply"/> does.</summary>
    public unsafe void Put(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        sqlite3_stmt put = For(Kind.Put, table);
        nint statement = put.DangerousGetHandle();
        byte none = 0;
        fixed (byte* k = key, v = value)
        {
            int code = BindBlob(statement, 1, k is null ? &none : k, key.Length, 0);
            if (code == raw.SQLITE_OK) code = BindBlob(statement, 2, v is null ? &none : v, value.Length, 0);
            if (code == raw.SQLITE_OK) code = StepRaw(statement);
            _ = Reset(statement);
            if (code != raw.SQLITE_DONE) throw _failure.From(code, "writing");
        }

        GC.KeepAlive(put);
    }

    /// <summary>True when the row is there; its value only for <see cref="Kind.Get"/>. The same short way to SQLite as <see cref="Apply"/>.</summary>
    public unsafe bool Find(Kind kind, int table, ReadOnlySpan<byte> key, out byte[]? value)
    {
        sqlite3_stmt find = For(kind, table);
        nint statement = find.DangerousGetHandle();
        byte none = 0;
        value = null;
        int code;
        bool isBlob = true;
        fixed (byte* k = key)
        {
            code = BindBlob(statement, 1, k is null ? &none : k, key.Length, 0);
            if (code == raw.SQLITE_OK) code = StepRaw(statement);
            if (code == raw.SQLITE_ROW && kind == Kind.Get)
            {
                isBlob = ColumnType(statement, 0) == raw.SQLITE_BLOB;
                if (isBlob) value = new ReadOnlySpan<byte>(ColumnBlob(statement, 0), ColumnBytes(statement, 0)).ToArray();
            }

            _ = Reset(statement);
        }

        GC.KeepAlive(find);
        if (!isBlob) throw _failure.Broken("a row holds something else than bytes");
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE)) throw _failure.From(code, "reading");
        return code == raw.SQLITE_ROW;
    }

    /// <summary>Gives the rows of a table where SQLite holds them: those of a heap as they lie, others in key order.</summary>
    public void Visit(int table, RowVisitor visit)
    {
        sqlite3_stmt statement = For(Kind.All, table);
        bool heap = _heaps.Contains(table);
        byte[] last = new byte[64];
        int length = -1;
        long number = long.MinValue;
        try
        {
            while (Step(statement, "reading"))
            {
                if (raw.sqlite3_column_type(statement, 0) != raw.SQLITE_BLOB || raw.sqlite3_column_type(statement, 1) != raw.SQLITE_BLOB) throw _failure.Broken("a row holds something else than bytes");
                var key = raw.sqlite3_column_blob(statement, 0);

                // A damaged page may hold rows in any order: without this check a visit could run in circles.
                if (heap)
                {
                    long next = raw.sqlite3_column_int64(statement, 2);
                    if (next <= number) throw _failure.Broken("rows are out of order");
                    number = next;
                }
                else
                {
                    if (length >= 0 && key.SequenceCompareTo(last.AsSpan(0, length)) <= 0) throw _failure.Broken("rows are out of order");
                    if (key.Length > last.Length) last = new byte[key.Length];
                    key.CopyTo(last);
                    length = key.Length;
                }

                visit(key, raw.sqlite3_column_blob(statement, 1));
            }
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>True while there is a row.</summary>
    public bool Step(sqlite3_stmt statement, string doing)
    {
        int code = raw.sqlite3_step(statement);
        if (code == raw.SQLITE_ROW) return true;
        if (code != raw.SQLITE_DONE) throw _failure.From(code, doing);
        return false;
    }

    public byte[] Blob(sqlite3_stmt statement, int column)
    {
        if (raw.sqlite3_column_type(statement, column) != raw.SQLITE_BLOB) throw _failure.Broken("a row holds something else than bytes");
        return raw.sqlite3_column_blob(statement, column).ToArray();
    }

    public void Dispose()
    {
        foreach (sqlite3_stmt statement in _statements.Values) statement.Dispose();
        _db?.Dispose();
    }

    private static string TextOf(Kind kind, bool heap) => (kind, heap) switch
    {
        (Kind.Put, true) => HeapPut,
        (Kind.All, true) => HeapAll,
        _ => Texts[(int)kind],
    };

    private static bool LoadNative()
    {
        try
        {
            Batteries_V2.Init();
            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException)
        {
            throw SyncErrors.NativeLibraryMissing.With("SQLite (e_sqlite3) cannot be loaded", e);
        }
    }

    private void Check(int code, string doing)
    {
        if (code != raw.SQLITE_OK) throw _failure.From(code, doing);
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_bind_blob")]
    private static unsafe partial int BindBlob(nint statement, int index, byte* bytes, int length, nint destructor);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_step")]
    private static partial int StepRaw(nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_reset")]
    private static partial int Reset(nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_type")]
    private static partial int ColumnType(nint statement, int column);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_blob")]
    private static unsafe partial byte* ColumnBlob(nint statement, int column);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_bytes")]
    private static partial int ColumnBytes(nint statement, int column);

    // The bundled SQLitePCL does not offer this call.
    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    private static partial int FileControl(nint db, nint databaseName, int operation, ref int argument);
}
