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
        Late = new LateDecisions(vault, Rows);
        Folder = new CommitFolder(vault, Rows, state, Wanted, Late, indexer);
    }

    public RowAccess Rows { get; }

    public WantedObjects Wanted { get; }

    public LateDecisions Late { get; }

    public CommitFolder Folder { get; }

    public IndexState State { get; }

    /// <summary>Objects are durable here: they are listed, no longer wanted, and commits that waited for them are looked at again.</summary>
    public void Arrived(IReadOnlyList<(ObjectAddress Address, ObjectLocation Location)> objects)
    {
        Wanted.Arrived(objects);
        foreach (var (address, _) in objects) Folder.Wake(address);
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
            any |= scan.Records.Count > 0;
            Arrived([.. scan.Records.Select(r => (r.Address, ObjectLocation.InPack(r.Position)))]);
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
    private bool ScanPacksOnce() => !_packsScanned && ScanPacks();
}
