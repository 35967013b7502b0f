using SyncModule.Core.Model;
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
        : this((stores, slot) => VaultCreation.Create(stores, "desk", [slot], TimeProvider.System, SystemRandomSource.Instance))
    {
    }

    private MemoryVault(Action<MemoryStores, SlotKey> make)
    {
        Stores = new MemoryStores(Disk.OpenProcess());
        using var slot = SlotKey.FromKeyFile(_key);
        make(Stores, slot);
    }

    public MemoryDisk Disk { get; } = new();

    public MemoryStores Stores { get; }

    /// <summary>Opens the folder as one more process.</summary>
    public Vault Open()
    {
        Stores.Disk = Disk.OpenProcess();
        return Open(Stores);
    }

    /// <summary>The same for a process that will end by a kill: nothing of it is closed.</summary>
    public Vault OpenToEnd(IVaultStores stores) => VaultCreation.Open(stores, file => file.UnlockWithKeyFile(_key), TimeProvider.System, SystemRandomSource.Instance);

    /// <summary>Opens it through stores that a test has put in front.</summary>
    public Vault Open(IVaultStores stores)
    {
        var vault = VaultCreation.Open(stores, file => file.UnlockWithKeyFile(_key), TimeProvider.System, SystemRandomSource.Instance);
        _open.Add(vault);
        return vault;
    }

    /// <summary>Adds a device to the open vault and gives it what an inviter grants.</summary>
    public MemoryVault AddReplica(Vault member, string name)
    {
        using var device = DeviceKeys.Create(SystemRandomSource.Instance);
        member.AddMember(device.Certify(member.Id, DeviceRole.Full), name);
        using var grant = VaultCreation.ReadVaultFile(Stores.Disk).UnlockWithKeyFile(_key);
        return new((stores, slot) => VaultCreation.CreateReplica(
            stores, member.Id, device, grant.Ring.Epochs, member.Grant([]).Membership, [slot], TimeProvider.System, SystemRandomSource.Instance));
    }

    public void Dispose()
    {
        Disk.FaultHook = null;
        foreach (var vault in _open) vault.Dispose();
    }
}
