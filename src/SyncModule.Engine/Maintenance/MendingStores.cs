using System.Globalization;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Maintenance;

/// <summary>What was lost with local.db. <paramref name="KeptAs"/>: where the file that could not be used is kept; null = there was none.</summary>
public sealed record LocalLoss(string Reason, string? KeptAs)
{
    /// <summary>For people: what this folder no longer knows (docs/decisions/027).</summary>
    public const string Lost = "peers and their addresses, which files stood for which versions at the last import, what peers have acknowledged, how far this device's log had come, and fields and derived collections that stay on this device";

    /// <summary>The loss as one line of a report.</summary>
    public string Told => $"{Reason.TrimEnd('.')}; lost with it: {Lost}. This device writes to new logs from now on" + (KeptAs is null ? "" : $". The old file is kept as {KeptAs}");
}

/// <summary>
/// A folder whose local.db may be gone or damaged (format-1 §12: nothing can make it again): then the vault is opened with a new one. The
/// device no longer knows how far its logs had come, so it starts new ones, as a restored copy would (format-1 §2); everything that is
/// in the logs stays. Only a repair opens like this, after the vault was unlocked: to lose what stood there unseen would be a surprise.
/// </summary>
public sealed class MendingStores(FolderStores stores) : IVaultStores
{
    /// <summary>Null while nothing had to be mended.</summary>
    public LocalLoss? Loss { get; private set; }

    public IDisk Disk => stores.Disk;

    public bool MayUseThreads => stores.MayUseThreads;

    public ILogIndex OpenIndex() => stores.OpenIndex();

    public ILogIndex OpenScratch() => stores.OpenScratch();

    public void DeleteIndex() => stores.DeleteIndex();

    public ILocalStore OpenLocal(bool create)
    {
        try
        {
            return Checked(stores.OpenLocal(create));
        }
        catch (SyncException e) when (!create && e.Kind == SyncErrors.LocalStateDamaged)
        {
            Loss = new(e.Message, SetAside());
            return stores.OpenLocal(create: true);
        }
    }

    public byte[]? ReadWitness(string name) => stores.ReadWitness(name);

    public void WriteWitness(string name, byte[] bytes) => stores.WriteWitness(name, bytes);

    // A damaged page shows when it is read: the file is small, so all of it is.
    private static ILocalStore Checked(ILocalStore local)
    {
        try
        {
            using var transaction = local.Begin(write: false);
            for (int table = 0; table < ITableStore.TableCount; table++)
            {
                foreach (var _ in transaction.Scan(table))
                {
                }
            }

            _ = new OwnLogs(local, SystemRandomSource.Instance); // reads which logs are this folder's
            return local;
        }
        catch
        {
            local.Dispose();
            throw;
        }
    }

    // Never deleted: somebody may get an address out of it.
    private string? SetAside()
    {
        if (!Disk.Exists(VaultPaths.Local)) return null;
        int number = 1;
        while (Disk.Exists(Name(number))) number++;
        Disk.Rename(VaultPaths.Local, Name(number));
        foreach (string suffix in new[] { "-wal", "-shm" })
        {
            if (Disk.Exists(VaultPaths.Local + suffix)) Disk.Rename(VaultPaths.Local + suffix, Name(number) + suffix);
        }

        Disk.SyncFolder("");
        return Name(number);

        static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"{VaultPaths.Local}.damaged-{number}");
    }
}
