using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>One index transaction and the parts that work in it.</summary>
internal sealed class IndexStep
{
    private readonly VaultContext _vault;
    private bool _packsScanned;

    public IndexStep(VaultContext vault, ITableTransaction transaction, IndexState state, Indexer indexer)
    {
        _vault = vault;
        State = state;
        Rows = new RowAccess(transaction, vault.IndexSealer, indexer.Seen);
        Wanted = new WantedObjects(Rows, state, reference => vault.ReadObject(Rows, reference), ScanPacksOnce);
        Folder = new CommitFolder(vault, Rows, state, Wanted, indexer);
    }

    public RowAccess Rows { get; }

    public WantedObjects Wanted { get; }

    public CommitFolder Folder { get; }

    public IndexState State { get; }

    /// <summary>An object is durable here: it is listed, no longer wanted, and commits that waited for it are looked at again. True when it had been wanted.</summary>
    public bool Arrived(ObjectAddress address, ObjectLocation location)
    {
        bool wanted = Wanted.Arrived(address, location);
        Folder.Wake(address);
        return wanted;
    }

    /// <summary>
    /// Lists what closed packs hold that are not in the index yet: of another process, or recovered after a crash. Packs that are
    /// being written are listed by their writers, once synced. True when any was found.
    /// </summary>
    public bool ScanPacks()
    {
        _packsScanned = true;
        bool any = false;
        foreach (var pack in _vault.Packs.List())
        {
            var key = pack.ToArray();
            if (Rows.Transaction.Contains(IndexTables.PackMark, key)) continue;
            var scan = _vault.Packs.Scan(pack);
            if (!scan.IsComplete) continue;
            EnsureSynced(pack);
            foreach (var record in scan.Records)
            {
                any = true;
                Arrived(record.Address, new ObjectLocation(pack, 0, record.Position.Offset, record.Position.Length));
            }

            Rows.Transaction.Put(IndexTables.PackMark, key, IndexTables.Number((ulong)scan.End));
        }

        return any;
    }

    // Its writer closed it and may not have come to the sync yet: nothing unsynced is ever listed.
    private void EnsureSynced(Id16 pack)
    {
        using var file = _vault.Disk.Open(PackFormat.PathOf(pack), DiskOpen.ReadWrite);
        file.Sync();
    }

    // A reference may be to an object that another process has just written: one look a transaction is enough.
    private void ScanPacksOnce()
    {
        if (!_packsScanned) ScanPacks();
    }
}
