using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// index.db (format-1 §12): SQLite without any flush, so a power cut may leave an old, mixed or damaged file. Which it is, is never
/// guessed from the file: <see cref="CleanMark"/> beside it says "clean" only if the last opener flushed it, and it stops saying so,
/// on the disk, before the next write. Who closes while others have it open leaves the flush to them; so one process that closes
/// well never vouches for another that was killed.
/// </summary>
public sealed class SqliteLogIndex : SqliteTableStore, ILogIndex
{
    private const int ApplicationId = 0x534D4958;

    // 2: heaps. An index of another version is made again.
    private const int Version = 2;

    private static readonly int[] Heaps = [IndexTables.Commit, IndexTables.Item];

    private readonly Id16 _boot;
    private IDisposable? _opened;
    private long _instance;
    private bool _reset;

    // The state says "written to in this boot"; it stays so while we hold the openers' lock shared.
    private volatile bool _marked;

    private SqliteLogIndex(string path, Id16 boot, TimeSpan? deadline)
        : base(path, SyncErrors.IndexDamaged, ApplicationId, Version, durable: false, Heaps, deadline) => _boot = boot;

    public bool NeedsRebuild => !_marked && !Trusted();

    private string StatePath => FilePath + "-state";

    private string LockPath => FilePath + "-open";

    /// <summary>Opens the index or makes an empty one. <paramref name="boot"/> changes with each start of the machine and only then.</summary>
    /// <exception cref="SyncException">IndexDamaged (then <see cref="SqliteTableStore.Delete"/> and open again), VaultBusy, VaultReadOnly, DiskFull, DiskFailed.</exception>
    public static SqliteLogIndex Open(string path, Id16 boot, TimeSpan? deadline = null)
    {
        var index = new SqliteLogIndex(path, boot, deadline);
        try
        {
            index.OpenShared();
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Drops all rows; makes a new file if nobody else has this one open, because a file that a power cut left behind may be damaged
    /// where nobody looked yet. A transaction of another thread counts as somebody else; one that begins meanwhile waits.
    /// </summary>
    public void Reset()
    {
        if (TryPause() && MadeNew()) return;

        _reset = true;
        try
        {
            using ITableTransaction transaction = Begin(write: true);
            for (int table = 0; table < ITableStore.TableCount; table++) transaction.Clear(table);
            transaction.Commit();

            // After the commit: a process that is killed in between leaves the old rows, but still distrusted.
            new CleanMark(Clean: false, _instance, _boot).Write(StatePath);
            _marked = true;
        }
        finally
        {
            _reset = false;
        }
    }

    // Paused; true when the file is a new one.
    private bool MadeNew()
    {
        try
        {
            CloseConnections();
            _opened?.Dispose();
            (_opened, _marked) = (null, false);
            bool alone;
            using (IDisposable? lone = OpenersLock.TryAlone(LockPath))
            {
                alone = lone is not null;
                if (alone) Delete(FilePath);
            }

            OpenShared();
            return alone;
        }
        finally
        {
            Resume();
        }
    }

    private protected override void OnCreated(SqliteConnection connection)
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        long instance = BinaryPrimitives.ReadInt64BigEndian(random) | 1; // never 0, which is "no row"
        connection.Execute(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"INSERT INTO meta(name,value) VALUES('instance',{instance})"));

        // Before the commit that makes the tables: no process may find the file without its state.
        new CleanMark(Clean: false, instance, _boot).Write(StatePath);
    }

    private protected override void BeforeWrite(SqliteConnection connection)
    {
        base.BeforeWrite(connection);
        if (_marked || _reset) return;
        if (!Trusted()) throw Failure.Broken("writes may be missing since the machine stopped; the index has to be made again");
        new CleanMark(Clean: false, _instance, _boot).Write(StatePath);
        _marked = true;
    }

    private protected override void OnClosed()
    {
        if (_opened is null) return;
        _opened.Dispose();
        _opened = null;
        try
        {
            using IDisposable? alone = OpenersLock.TryAlone(LockPath);
            if (alone is not null) MarkClean();
        }
        catch (Exception e) when (e is SyncException or IOException)
        {
            // Not clean, then: within this boot that changes nothing, after it the index is made again.
        }
    }

    private void OpenShared()
    {
        _opened = OpenersLock.Share(LockPath, Deadline);
        OpenFile(create: true);
        _instance = ReadInstance();
        if (_instance == 0) throw Failure.Broken("the instance number is missing");
    }

    // Alone, with every connection of ours closed.
    private void MarkClean()
    {
        if (!File.Exists(FilePath) || CleanMark.Read(StatePath) is not { Clean: false } state || !state.Trusted(_instance, _boot)) return;
        using (SqliteConnection connection = Connect())
        {
            if (connection.Execute("SELECT value FROM meta WHERE name='instance'") != _instance) return;

            // With FULL, SQLite flushes a new WAL and its folder, copies it, flushes the database, and only then cuts the WAL. It does
            // so only if there is something to copy: hence the row. The flush covers every write of every process since the last one.
            connection.Synchronous(durable: true);
            connection.Execute("REPLACE INTO meta(name,value) VALUES('closed',1)");
            if (connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)") != 0) return;
        }

        (state with { Clean = true }).Write(StatePath);
    }

    private long ReadInstance()
    {
        using SqliteConnection connection = Connect();
        return connection.Execute("SELECT value FROM meta WHERE name='instance'");
    }

    private bool Trusted() => CleanMark.Read(StatePath) is { } state && state.Trusted(_instance, _boot);
}
