using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>A vault in a real folder, its key file, and its state outside of it, all below one folder: what `mirord` works on.</summary>
/// <param name="root">An existing folder.</param>
internal sealed class RealMachine(string root)
{
    public string Root => root;

    public string Folder => Path.Combine(root, "vault");

    public string KeyPath => Path.Combine(root, "vault.key");

    public string Home => Path.Combine(root, "home");

    public bool HasVault => File.Exists(Path.Combine(Folder, VaultPaths.VaultFile));

    public IVaultStores Stores(bool create = false) => new FolderStores(Folder, Home, create);

    /// <summary>Makes a vault and its key file.</summary>
    public void Create()
    {
        using var key = KeyFile.Create(SystemRandomSource.Instance);
        key.WriteTo(KeyPath);
        using var slot = SlotKey.FromKeyFile(key);
        VaultCreation.Create(Stores(create: true), "desk", [slot], TimeProvider.System, SystemRandomSource.Instance);
    }

    /// <summary>Opens it in this process, as mirord does.</summary>
    /// <param name="forRepair">As mirord repair does.</param>
    public Vault Open(bool forRepair = false) =>
        VaultCreation.Open(forRepair ? new MendingStores(new FolderStores(Folder, Home)) : Stores(), Unlock, TimeProvider.System, SystemRandomSource.Instance);

    public UnlockedVaultFile Unlock(VaultFile file)
    {
        using var key = KeyFile.ReadFrom(KeyPath);
        return file.UnlockWithKeyFile(key);
    }
}
