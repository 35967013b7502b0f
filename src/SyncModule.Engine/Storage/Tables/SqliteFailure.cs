using SQLitePCL;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>From SQLite's result codes to the product's errors. <paramref name="Damage"/> is the kind for a file that cannot be used.</summary>
internal sealed record SqliteFailure(string Path, SyncErrorKind Damage)
{
    // Extended codes: the primary code in the low byte, the detail above it.
    private const int IoErrWrite = raw.SQLITE_IOERR | (3 << 8), IoErrFsync = raw.SQLITE_IOERR | (4 << 8),
        IoErrDirFsync = raw.SQLITE_IOERR | (5 << 8), IoErrTruncate = raw.SQLITE_IOERR | (6 << 8), ReadOnlyDbMoved = raw.SQLITE_READONLY | (4 << 8);

    private string Name => System.IO.Path.GetFileName(Path);

    public SyncException From(int code, string doing)
    {
        string what = $"{Name}: {doing} ended with SQLite's code {code}";
        return code switch
        {
            ReadOnlyDbMoved => Damage.With(what),
            IoErrWrite or IoErrFsync or IoErrDirFsync or IoErrTruncate => SyncErrors.DiskFailed.With(what),
            _ => (code & 0xFF) switch
            {
                raw.SQLITE_FULL => SyncErrors.DiskFull.With(what),
                raw.SQLITE_BUSY or raw.SQLITE_LOCKED => SyncErrors.VaultBusy.With(what),
                raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN => SyncErrors.VaultReadOnly.With(what),
                raw.SQLITE_NOMEM or raw.SQLITE_MISUSE or raw.SQLITE_RANGE => SyncErrors.InternalError.With(what),

                // CORRUPT, NOTADB and IOERR, TOOBIG of a row that says so of itself (none is written), and whatever a broken schema makes of a
                // statement that is right.
                _ => Damage.With(what),
            },
        };
    }

    /// <summary>Damage that we notice before SQLite does.</summary>
    public SyncException Broken(string what) => Damage.With($"{Name}: {what}");
}
