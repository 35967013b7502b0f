using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// A folder's stores as one open vault uses them: a flush that fails, of a file or of a table, closes the vault's
/// <see cref="FlushLatch"/>. Tables stay writable then, because new logs have to be noted in local.db (format-1 §12).
/// </summary>
internal sealed class LatchedStores(IVaultStores stores, FlushLatch latch) : IVaultStores
{
    public IDisk Disk { get; } = new LatchedDisk(stores.Disk, latch);

    public bool MayUseThreads => stores.MayUseThreads;

    public ILogIndex OpenIndex() => new LatchedIndex(Watch(latch, stores.OpenIndex), latch);

    public ILogIndex OpenScratch() => stores.OpenScratch();

    public void DeleteIndex() => stores.DeleteIndex();

    public ILocalStore OpenLocal(bool create) => new LatchedLocal(stores.OpenLocal(create), latch);

    public byte[]? ReadWitness(string name) => stores.ReadWitness(name);

    public void WriteWitness(string name, byte[] bytes) => stores.WriteWitness(name, bytes);

    private static T Watch<T>(FlushLatch latch, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (SyncException e) when (e.Kind == SyncErrors.DiskFailed)
        {
            latch.Close(e);
            throw;
        }
    }

    // Its rows are not flushed (format-1 §12), only the mark beside them is, at the first write.
    private sealed class LatchedIndex(ILogIndex index, FlushLatch latch) : ILogIndex
    {
        public bool NeedsRebuild => index.NeedsRebuild;

        public bool FileReplaced => index.FileReplaced;

        public ITableTransaction Begin(bool write) => write ? Watch(latch, () => index.Begin(true)) : index.Begin(false);

        public bool IsWhole() => index.IsWhole();

        public void Reset() => Watch(latch, () =>
        {
            index.Reset();
            return 0;
        });

        public void Dispose() => index.Dispose();
    }

    private sealed class LatchedLocal(ILocalStore local, FlushLatch latch) : ILocalStore
    {
        public bool FileReplaced => local.FileReplaced;

        public ITableTransaction Begin(bool write) => write ? new LatchedTransaction(Watch(latch, () => local.Begin(true)), latch) : local.Begin(false);

        public bool IsWhole() => local.IsWhole();

        public void Dispose() => local.Dispose();
    }

    private sealed class LatchedTransaction(ITableTransaction transaction, FlushLatch latch) : ITableTransaction
    {
        public byte[]? Get(int table, ReadOnlySpan<byte> key) => transaction.Get(table, key);

        public bool Contains(int table, ReadOnlySpan<byte> key) => transaction.Contains(table, key);

        public void Put(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => transaction.Put(table, key, value);

        public void Delete(int table, ReadOnlySpan<byte> key) => transaction.Delete(table, key);

        public void Clear(int table) => transaction.Clear(table);

        public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(int table, byte[]? from = null, byte[]? to = null, bool descending = false) => transaction.Scan(table, from, to, descending);

        public long Count(int table) => transaction.Count(table);

        public void Commit() => Watch(latch, () =>
        {
            transaction.Commit();
            return 0;
        });

        public void Dispose() => transaction.Dispose();
    }
}
