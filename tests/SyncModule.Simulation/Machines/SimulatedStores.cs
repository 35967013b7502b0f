using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Simulation.Machines;

/// <summary>A folder as one process has it open: its own view of the files, the rows that all processes share.</summary>
internal sealed class SimulatedStores(SimulatedDisk disk, MemoryProcess process) : IVaultStores
{
    public IDisk Disk => process;

    public ILogIndex OpenIndex() => new Borrowed(disk.Index);

    public void DeleteIndex() => disk.DeleteIndex();

    public ILocalStore OpenLocal(bool create) => new Borrowed(disk.Local);

    public byte[]? ReadWitness(string name) => disk.Witnesses.GetValueOrDefault(name);

    public void WriteWitness(string name, byte[] bytes) => disk.Witnesses[name] = bytes;

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
