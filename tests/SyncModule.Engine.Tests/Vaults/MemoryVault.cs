using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>A vault folder in memory whose disk calls a test can see and let fail; opened as often as there are processes.</summary>
internal sealed class MemoryVault : IDisposable
{
    private readonly KeyFile _key = KeyFile.Create(SystemRandomSource.Instance);
    private readonly List<Vault> _open = [];

    public MemoryVault()
    {
        Stores = new MemoryStores(Disk.OpenProcess());
        using var slot = SlotKey.FromKeyFile(_key);
        VaultCreation.Create(Stores, "desk", [slot], TimeProvider.System, SystemRandomSource.Instance);
    }

    public MemoryDisk Disk { get; } = new();

    public MemoryStores Stores { get; }

    /// <summary>Opens the folder as one more process.</summary>
    public Vault Open()
    {
        Stores.Disk = Disk.OpenProcess();
        return Open(Stores);
    }

    /// <summary>Opens it through stores that a test has put in front.</summary>
    public Vault Open(IVaultStores stores)
    {
        var vault = VaultCreation.Open(stores, file => file.UnlockWithKeyFile(_key), TimeProvider.System, SystemRandomSource.Instance);
        _open.Add(vault);
        return vault;
    }

    public void Dispose()
    {
        Disk.FaultHook = null;
        foreach (var vault in _open) vault.Dispose();
    }
}
