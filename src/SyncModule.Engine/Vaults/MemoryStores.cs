using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>A vault folder in memory, for tests and simulation: the disk is given, the tables live as long as this object.</summary>
public sealed class MemoryStores(IDisk disk) : IVaultStores
{
    private readonly MemoryTableStore _local = new();
    private readonly Dictionary<string, byte[]> _witnesses = new(StringComparer.Ordinal);
    private MemoryTableStore _index = new();

    public IDisk Disk { get; set; } = disk;

    /// <summary>index.db's rows: a simulated power cut may put back earlier ones.</summary>
    public MemoryTableStore Index => _index;

    /// <summary>local.db's rows: durable at each commit.</summary>
    public MemoryTableStore Local => _local;

    public ILogIndex OpenIndex() => new Borrowed(_index);

    public void DeleteIndex()
    {
        _index.FileReplaced = true;
        _index = new MemoryTableStore();
    }

    public ILocalStore OpenLocal(bool create) => new Borrowed(_local);

    public byte[]? ReadWitness(string name) => _witnesses.GetValueOrDefault(name);

    public void WriteWitness(string name, byte[] bytes) => _witnesses[name] = bytes;

    // A vault disposes what it opened; the rows outlive it, like a file.
    private sealed class Borrowed(MemoryTableStore store) : ILogIndex, ILocalStore
    {
        public bool NeedsRebuild => store.NeedsRebuild;

        public bool FileReplaced => store.FileReplaced;

        public ITableTransaction Begin(bool write) => store.Begin(write);

        public void Reset() => store.Reset();

        public void Dispose()
        {
        }
    }
}
