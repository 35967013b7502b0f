using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>
/// One machine with one vault folder, all in memory: files, the rows of both databases, and what is remembered outside the folder. It can
/// be copied at any moment at which no process has it open.
/// </summary>
internal sealed class Host
{
    private Host(string name, KeyFile key, MemoryDisk disk) => (Name, Key, Disk) = (name, key, disk);

    public string Name { get; }

    public KeyFile Key { get; }

    public MemoryDisk Disk { get; }

    public MemoryTableStore Index { get; private set; } = new();

    public MemoryTableStore Local { get; } = new();

    public Dictionary<string, byte[]> Witnesses { get; } = new(StringComparer.Ordinal);

    public static Host New(string name) => new(name, KeyFile.Create(SystemRandomSource.Instance), new MemoryDisk { MachineId = name });

    /// <summary>
    /// Everything that is visible, as if the machine had been shut down in order. With the same inodes the vault takes it for itself, as a
    /// virtual machine that was rolled back; with new ones it sees that the folder was copied.
    /// </summary>
    public Host Copy(bool newInodes = false)
    {
        var copy = new Host(Name, Key, Disk.Copy(newInodes));
        copy.Index.Restore(Index.Snapshot());
        copy.Index.NeedsRebuild = Index.NeedsRebuild;
        copy.Local.Restore(Local.Snapshot());
        foreach (var (name, bytes) in Witnesses) copy.Witnesses[name] = bytes;
        return copy;
    }

    /// <summary>What the disk holds after the power was cut: of unsynced changes any part. The index is not believed then.</summary>
    public void PowerCut(Random random)
    {
        Disk.PowerCut(random.Next);
        Index.NeedsRebuild = true;
    }

    public void DeleteIndex()
    {
        Index.FileReplaced = true;
        Index = new MemoryTableStore();
    }
}
