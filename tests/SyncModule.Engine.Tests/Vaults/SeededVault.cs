using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>A clock that stands still until a test moves it.</summary>
internal sealed class StandingTime(long milliseconds) : TimeProvider
{
    public long Milliseconds { get; set; } = milliseconds;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds);
}

/// <summary>A vault in memory whose keys, ids and times all follow from what it is given, so that the same steps give the same bytes.</summary>
internal sealed class SeededVault : IDisposable
{
    private readonly MemoryStores _stores;
    private readonly IRandomSource _random;

    private SeededVault(string name, MemoryDisk disk, MemoryStores stores, KeyFile key, IRandomSource random, StandingTime time)
    {
        (Name, Disk, _stores, Key, _random, Time) = (name, disk, stores, key, random, time);
        Vault = VaultCreation.Open(stores, file => file.UnlockWithKeyFile(key), time, random);
    }

    public string Name { get; }

    public MemoryDisk Disk { get; }

    public KeyFile Key { get; }

    public StandingTime Time { get; }

    public Vault Vault { get; }

    /// <summary>A new vault. It is opened by <see cref="Key"/> and by whatever else is given.</summary>
    public static SeededVault Found(string name, IRandomSource random, StandingTime time, params SlotKey[] more) =>
        Make(name, random, time, more, (stores, slots) => VaultCreation.Create(stores, name, slots, time, random));

    /// <summary>Another device of this vault, added by this one and granted what pairing grants.</summary>
    public SeededVault Join(string name, IRandomSource random)
    {
        using var device = DeviceKeys.Create(random);
        Vault.AddMember(device.Certify(Vault.Id, DeviceRole.Full), name);
        using var ring = VaultCreation.ReadVaultFile(_stores.Disk).UnlockWithKeyFile(Key);
        return Make(name, random, Time, [], (stores, slots) => VaultCreation.CreateReplica(stores, Vault.Id, device, ring.Ring.Epochs, Vault.Grant([]).Membership, slots, Time, random));
    }

    /// <summary>The files of the folder as they lie on the disk, by path.</summary>
    public SortedDictionary<string, byte[]> Files(params string[] folders)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string folder in folders)
        {
            foreach (string name in _stores.Disk.List(folder))
            {
                string path = folder.Length == 0 ? name : folder + "/" + name;
                files[path] = _stores.Disk.ReadAllBytes(path, int.MaxValue);
            }
        }

        return files;
    }

    public void Dispose()
    {
        Vault.Dispose();
        Key.Dispose();
    }

    private static SeededVault Make(string name, IRandomSource random, StandingTime time, SlotKey[] more, Action<IVaultStores, IReadOnlyList<SlotKey>> create)
    {
        var disk = new MemoryDisk { MachineId = name };
        var stores = new MemoryStores(disk.OpenProcess());
        var key = KeyFile.Create(random);
        using var slot = SlotKey.FromKeyFile(key);
        create(stores, [slot, .. more]);
        return new(name, disk, stores, key, random, time);
    }
}
