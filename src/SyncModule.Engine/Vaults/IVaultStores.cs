using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>Where one vault folder keeps its files and tables: a real folder, or memory in a simulation.</summary>
public interface IVaultStores
{
    IDisk Disk { get; }

    /// <summary>Whether a step may read ahead on a thread of its own. Not in a simulation, which has to come out the same each time.</summary>
    bool MayUseThreads => false;

    /// <summary>Opens index.db, making it when absent.</summary>
    ILogIndex OpenIndex();

    /// <summary>Throws index.db away.</summary>
    void DeleteIndex();

    /// <summary>Opens local.db; only a new vault may make it.</summary>
    ILocalStore OpenLocal(bool create);

    /// <summary>The highest own (log, sequence) as it is remembered outside the folder; null when nothing is (format-1 §2).</summary>
    byte[]? ReadWitness(string name);

    /// <summary>Remembers it. Never needed for correctness, so a failure is passed over.</summary>
    void WriteWitness(string name, byte[] bytes);
}
