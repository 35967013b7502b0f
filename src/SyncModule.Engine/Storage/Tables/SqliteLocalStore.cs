namespace SyncModule.Engine.Storage.Tables;

/// <summary>local.db (format-1 §12): every commit is on the disk when it returns. Nothing can make this file again.</summary>
public sealed class SqliteLocalStore : SqliteTableStore, ILocalStore
{
    private const int ApplicationId = 0x534D4C43;
    private const int Version = 1;

    private SqliteLocalStore(string path, TimeSpan? deadline)
        : base(path, SyncErrors.LocalStateDamaged, ApplicationId, Version, durable: true, [], deadline)
    {
    }

    /// <summary>Opens the file. A file that is missing or empty is made only if <paramref name="create"/> says so: an emptied one would pass for new.</summary>
    /// <exception cref="SyncException">LocalStateDamaged, VaultBusy, VaultReadOnly, DiskFull, DiskFailed.</exception>
    public static SqliteLocalStore Open(string path, bool create, TimeSpan? deadline = null)
    {
        var store = new SqliteLocalStore(path, deadline);
        try
        {
            store.OpenFile(create);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }
}
