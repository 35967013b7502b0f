namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// A table store in one SQLite file in WAL mode: a connection per open transaction, from a small pool; several threads and processes
/// may use the same file. The file is made with mode 0600 from its first byte; SQLite gives -wal and -shm the same mode.
/// No other handle to the file is opened while a connection has it open: closing one would drop SQLite's POSIX locks.
/// </summary>
public abstract class SqliteTableStore : ITableStore
{
    private const int PoolSize = 4;
    private readonly object _lock = new();
    private readonly Stack<SqliteConnection> _pool = new();
    private readonly WriterGate _gate = new();
    private readonly SqliteFailure _failure;
    private readonly TimeSpan _deadline;
    private readonly bool _durable;
    private readonly int _applicationId, _version;
    private readonly IReadOnlyList<int> _heaps;
    private SqliteConnection? _anchor;
    private int _open;
    private bool _paused;
    private bool _disposed;

    /// <param name="path">Of the file.</param>
    /// <param name="damage">What is thrown for a file that cannot be believed.</param>
    /// <param name="applicationId">What tells its files from others.</param>
    /// <param name="version">Of the tables; a file of another one is not opened.</param>
    /// <param name="durable">Each commit is on the disk when it returns.</param>
    /// <param name="heaps">
    /// Tables whose rows lie in the order in which they were first written, found through an index of their keys. Large rows under random keys:
    /// a transaction of some thousand new ones then writes few pages instead of nearly all of the table (docs/decisions/112).
    /// </param>
    /// <param name="deadline">How long a writer waits for another one.</param>
    private protected SqliteTableStore(string path, SyncErrorKind damage, int applicationId, int version, bool durable, IReadOnlyList<int> heaps, TimeSpan? deadline)
    {
        FilePath = Path.GetFullPath(path);
        _failure = new SqliteFailure(FilePath, damage);
        _deadline = deadline ?? TimeSpan.FromSeconds(10);
        (_applicationId, _version, _durable, _heaps) = (applicationId, version, durable, heaps);
    }

    /// <summary>The path no longer leads to the file that this store has open: dispose it and open again.</summary>
    public bool FileReplaced
    {
        get
        {
            lock (_lock) return (Resumed()._anchor ?? throw new ObjectDisposedException(GetType().Name)).Moved();
        }
    }

    private protected string FilePath { get; }

    private protected SqliteFailure Failure => _failure;

    private protected TimeSpan Deadline => _deadline;

    /// <summary>Keeps new transactions waiting until <see cref="Resume"/>. False, and they go on, while one is open.</summary>
    private protected bool TryPause()
    {
        lock (_lock)
        {
            if (_open > 0) return false;
            _paused = true;
            return true;
        }
    }

    private protected void Resume()
    {
        lock (_lock)
        {
            _paused = false;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Removes the file and what SQLite keeps beside it. Stores that have it open see <see cref="FileReplaced"/>.</summary>
    public static void Delete(string path)
    {
        foreach (string suffix in new[] { "-shm", "-wal", "" }) File.Delete(path + suffix);
    }

    public ITableTransaction Begin(bool write)
    {
        Enter();
        SqliteConnection? connection = null;
        bool gated = false;
        try
        {
            if (write) _gate.Enter(_deadline, Path.GetFileName(FilePath));
            gated = write;
            connection = Rent();
            connection.Execute(write ? "BEGIN IMMEDIATE" : "BEGIN");
            if (write) BeforeWrite(connection);

            // A deferred transaction takes its view of the file with its first read: that is now, not later.
            else connection.Execute("SELECT 1 FROM t0 LIMIT 1");
            return new SqliteTransaction(this, connection, _failure, write);
        }
        catch
        {
            Close(connection, gated);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A statement outside a transaction is one by itself: a fourth of the calls that <see cref="Begin"/>, a read and an end make.</remarks>
    public byte[]? Get(int table, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(table);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(table, ITableStore.TableCount);
        Enter();
        SqliteConnection? connection = null;
        try
        {
            connection = Rent();
            connection.Find(SqliteConnection.Kind.Get, table, key, out byte[]? value);
            Return(connection, write: false, broken: false);
            return value;
        }
        catch
        {
            Close(connection, gated: false);
            throw;
        }
    }

    /// <inheritdoc/>
    public bool IsWhole()
    {
        using var transaction = Begin(write: false);
        // The quick one does not compare the index of a heap with its rows.
        string check = _heaps.Count > 0 ? "integrity_check" : "quick_check";
        return ((SqliteTransaction)transaction).Ask($"SELECT count(*) FROM pragma_{check}(1) WHERE {check} <> 'ok'") == 0;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            if (_open > 0) return; // the last transaction closes the file
        }

        CloseAll();
        GC.SuppressFinalize(this);
    }

    internal void Return(SqliteConnection connection, bool write, bool broken)
    {
        lock (_lock)
        {
            if (!broken && !_disposed && _pool.Count < PoolSize)
            {
                _pool.Push(connection);
                connection = null!;
            }
        }

        Close(connection, write);
    }

    /// <summary>Within a write transaction, at its end: what was written must be in the file that the path leads to.</summary>
    internal void BeforeCommit(SqliteConnection connection)
    {
        if (connection.Moved()) throw _failure.Broken("the file was deleted or replaced while it was open");
    }

    /// <summary>Within a write transaction, before its first write. May throw to refuse it.</summary>
    private protected virtual void BeforeWrite(SqliteConnection connection) => BeforeCommit(connection);

    /// <summary>Within the transaction that makes the tables of a new file.</summary>
    private protected virtual void OnCreated(SqliteConnection connection)
    {
    }

    /// <summary>Every connection is closed.</summary>
    private protected virtual void OnClosed()
    {
    }

    /// <summary>Opens the file and checks what it is, or makes it. Called once by the subclass, which disposes the store if this throws.</summary>
    private protected void OpenFile(bool create)
    {
        if (create) CreateFile();
        else if (!File.Exists(FilePath)) throw _failure.Broken("the file is not there");

        // SQLite takes a file that is shorter than its header for a new one, and would write over it.
        if (new FileInfo(FilePath) is { Exists: true, Length: > 0 and < 512 }) throw _failure.Broken("the file is cut");

        SqliteConnection anchor = Connect();
        lock (_lock) _anchor = anchor;
        long id = anchor.Execute("PRAGMA application_id");
        long version = anchor.Execute("PRAGMA user_version");
        long tables = anchor.Execute("SELECT count(*) FROM sqlite_master");
        if (id == 0 && version == 0 && tables == 0)
        {
            if (!create) throw _failure.Broken("the file is empty");
            UseWal(anchor);
            CreateTables(anchor);
        }
        else
        {
            Validate(anchor);
            UseWal(anchor);
        }
    }

    private protected SqliteConnection Connect() => new(_failure, _deadline, _durable, _heaps);

    private void CreateFile()
    {
        try
        {
            // Never opened if it exists: see the class comment.
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            new FileStream(FilePath, options).Dispose();
        }
        catch (IOException) when (File.Exists(FilePath))
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.VaultReadOnly.With($"{Path.GetFileName(FilePath)} cannot be made", e);
        }
    }

    // Two processes that turn a new file to WAL at once may meet a lock that SQLite's own busy handler does not wait for.
    private void UseWal(SqliteConnection connection)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                connection.Execute("PRAGMA journal_mode=WAL");
                return;
            }
            catch (SyncException e) when (e.Kind == SyncErrors.VaultBusy && Environment.TickCount64 - start < _deadline.TotalMilliseconds)
            {
                Thread.Sleep(2);
            }
        }
    }

    private void CreateTables(SqliteConnection connection)
    {
        connection.Execute("BEGIN IMMEDIATE");
        if (connection.Execute("PRAGMA application_id") != 0)
        {
            // Another process was faster.
            connection.Execute("ROLLBACK");
            Validate(connection);
            return;
        }

        for (int table = 0; table < ITableStore.TableCount; table++)
            connection.Execute(_heaps.Contains(table) ? $"CREATE TABLE t{table}(k BLOB NOT NULL, v BLOB NOT NULL)" : $"CREATE TABLE t{table}(k BLOB PRIMARY KEY NOT NULL, v BLOB NOT NULL) WITHOUT ROWID");
        connection.Execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID");
        foreach (int table in _heaps) connection.Execute($"CREATE UNIQUE INDEX i{table} ON t{table}(k)");
        connection.Execute($"PRAGMA application_id={_applicationId}");
        connection.Execute($"PRAGMA user_version={_version}");
        OnCreated(connection);
        connection.Execute("COMMIT");
    }

    // The tables stand on the pages that CreateTables gave them: where one stood on another's, whoever mends the one would take rows of the other.
    private void Validate(SqliteConnection connection)
    {
        if (connection.Execute("PRAGMA application_id") != _applicationId) throw _failure.Broken("the file belongs to something else");
        if (connection.Execute("PRAGMA user_version") != _version) throw _failure.Broken("the file has another version");
        const int FirstPage = 2, FirstIndex = ITableStore.TableCount + 1;
        int tables = FirstIndex + _heaps.Count;
        if (connection.Execute("SELECT count(*) FROM sqlite_master") != tables) throw _failure.Broken("the file has other tables");
        string indices = string.Concat(_heaps.Select((table, i) => $" WHEN 'i{table}' THEN {FirstIndex + i}"));
        long placed = connection.Execute($"SELECT count(*) FROM sqlite_master WHERE rootpage = {FirstPage} + CASE name WHEN 'meta' THEN {ITableStore.TableCount}{indices} ELSE substr(name, 2) END");
        if (placed != tables) throw _failure.Broken("a table stands on another's page");
    }

    private void Enter()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(Resumed()._disposed, this);
            _open++;
        }
    }

    // Caller holds the lock.
    private SqliteTableStore Resumed()
    {
        while (_paused) Monitor.Wait(_lock);
        return this;
    }

    private SqliteConnection Rent()
    {
        lock (_lock)
        {
            if (_pool.TryPop(out SqliteConnection? pooled)) return pooled;
        }

        SqliteConnection connection = Connect();
        try
        {
            // The path led to one file for the anchor; if it still does, it did for this connection too.
            if (FileReplaced) throw _failure.Broken("the file was deleted or replaced while it was open");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Close(SqliteConnection? connection, bool gated)
    {
        connection?.Dispose();
        if (gated) _gate.Leave();
        lock (_lock)
        {
            _open--;
            if (!_disposed || _open > 0) return;
        }

        CloseAll();
    }

    private void CloseAll()
    {
        CloseConnections();
        OnClosed();
        _gate.Dispose();
    }

    /// <summary>Closes everything but keeps the store usable for <see cref="OpenFile"/>; no transaction may be open.</summary>
    private protected void CloseConnections()
    {
        lock (_lock)
        {
            while (_pool.TryPop(out SqliteConnection? connection)) connection.Dispose();
            _anchor?.Dispose();
            _anchor = null;
        }
    }
}
