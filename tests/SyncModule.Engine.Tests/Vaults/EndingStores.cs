using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>
/// Stores of a process that ends, as by kill -9, at the n-th change of its disk or of local.db, counted from <see cref="Begin"/>; of a transaction of local.db at
/// odd numbers before it is committed, at even ones behind it.
/// </summary>
internal sealed class EndingStores : IVaultStores
{
    private readonly MemoryStores _stores;
    private readonly MemoryProcess _process;
    private readonly int _at;
    private int _calls;
    private bool _counts;

    public EndingStores(MemoryStores stores, MemoryDisk disk, int at)
    {
        (_stores, _at, _process) = (stores, at, disk.OpenProcess());
        disk.FaultHook = call => call.Process == _process.Number && call.Operation is "write" or "sync" or "rename" or "delete" && IsTheEnd() ? DiskFault.Crash : null;
    }

    public IDisk Disk => _process;

    public bool HasEnded => _process.IsDead;

    public ILogIndex OpenIndex() => _stores.OpenIndex();

    public void DeleteIndex() => _stores.DeleteIndex();

    public ILocalStore OpenLocal(bool create) => new Local(this, _stores.OpenLocal(create));

    public byte[]? ReadWitness(string name) => _stores.ReadWitness(name);

    public void WriteWitness(string name, byte[] bytes) => _stores.WriteWitness(name, bytes);

    public void Begin() => _counts = true;

    /// <summary>What did not end by itself.</summary>
    public void Kill() => _process.Kill();

    private bool IsTheEnd() => _counts && ++_calls == _at;

    private void Check()
    {
        if (_process.IsDead) throw new SimulatedCrashException("The process has ended.");
    }

    private void CheckEnd()
    {
        if (IsTheEnd()) _process.Kill();
        Check();
    }

    private sealed class Local(EndingStores owner, ILocalStore local) : ILocalStore
    {
        public bool FileReplaced => local.FileReplaced;

        public ITableTransaction Begin(bool write)
        {
            owner.Check();
            return new Transaction(owner, local.Begin(write), write);
        }

        public void Dispose() => local.Dispose();
    }

    private sealed class Transaction(EndingStores owner, ITableTransaction transaction, bool write) : ITableTransaction
    {
        public byte[]? Get(int table, ReadOnlySpan<byte> key) => transaction.Get(table, key);

        public bool Contains(int table, ReadOnlySpan<byte> key) => transaction.Contains(table, key);

        public void Put(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => transaction.Put(table, key, value);

        public void Delete(int table, ReadOnlySpan<byte> key) => transaction.Delete(table, key);

        public void Clear(int table) => transaction.Clear(table);

        public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(int table, byte[]? from = null, byte[]? to = null, bool descending = false) => transaction.Scan(table, from, to, descending);

        public long Count(int table) => transaction.Count(table);

        public void Commit()
        {
            if (write) owner.CheckEnd();
            transaction.Commit();
            if (write) owner.CheckEnd();
        }

        public void Dispose() => transaction.Dispose();
    }
}
