using SyncModule.Engine.Storage.Tables;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>A database whose calls fail as the plan says, with the errors that the product's own database gives for the same trouble.</summary>
/// <param name="store">The rows; they outlive this.</param>
/// <param name="name">As the file is called.</param>
/// <param name="damage">What a failed read is taken for.</param>
/// <param name="plan">Which calls fail.</param>
internal sealed class FaultyTables(MemoryTableStore store, string name, SyncErrorKind damage, FaultPlan plan) : ILogIndex, ILocalStore
{
    public bool NeedsRebuild => store.NeedsRebuild;

    public bool FileReplaced => store.FileReplaced;

    public ITableTransaction Begin(bool write)
    {
        if (plan.OnTables(write ? "change" : "begin", name) is { } kind) throw ErrorOf(kind, damage);
        return new Transaction(this, store.Begin(write), write);
    }

    public void Reset()
    {
        if (plan.OnTables("reset", name) is { } kind) throw ErrorOf(kind, SyncErrors.DiskFailed);
        store.Reset();
    }

    public void Dispose()
    {
    }

    private SyncException ErrorOf(FaultKind kind, SyncErrorKind failed) =>
        (kind is FaultKind.FullOnce or FaultKind.FullSticky ? SyncErrors.DiskFull : failed).With($"{name}: injected");

    private sealed class Transaction(FaultyTables tables, ITableTransaction inner, bool write) : ITableTransaction
    {
        public byte[]? Get(int table, ReadOnlySpan<byte> key) => inner.Get(table, key);

        public bool Contains(int table, ReadOnlySpan<byte> key) => inner.Contains(table, key);

        public void Put(int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => inner.Put(table, key, value);

        public void Delete(int table, ReadOnlySpan<byte> key) => inner.Delete(table, key);

        public void Clear(int table) => inner.Clear(table);

        public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(int table, byte[]? from = null, byte[]? to = null, bool descending = false) => inner.Scan(table, from, to, descending);

        public long Count(int table) => inner.Count(table);

        public void Commit()
        {
            if (write && tables.PlanOf() is { } kind)
            {
                if (kind == FaultKind.LateError) inner.Commit();
                throw tables.ErrorOf(kind, SyncErrors.DiskFailed);
            }

            inner.Commit();
        }

        public void Dispose() => inner.Dispose();
    }

    private FaultKind? PlanOf() => plan.OnTables("commit", name);
}
