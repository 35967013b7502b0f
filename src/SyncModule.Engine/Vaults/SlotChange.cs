using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// A change of what opens a vault (format-1 §11). Begun with a key that opens it now; vault.json is replaced as a whole, so that the old
/// keys or the new ones open it at every moment. Vaults that are open stay open: nothing of what they use changes.
/// </summary>
/// <remarks>
/// Who has an old vault.json and an old key still reads the device's own keys in it. Only new device keys end that.
/// </remarks>
public sealed class SlotChange : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IDisk _disk;
    private readonly byte[] _before;
    private readonly UnlockedVaultFile _unlocked;

    private SlotChange(IDisk disk, byte[] before, UnlockedVaultFile unlocked)
    {
        _disk = disk;
        _before = before;
        _unlocked = unlocked;
    }

    public VaultId VaultId => _unlocked.File.VaultId;

    /// <summary>What opens the vault as long as the change is not made.</summary>
    public IReadOnlyList<KeySlot> Slots => _unlocked.File.Slots;

    /// <summary>Reads vault.json and unlocks it.</summary>
    /// <param name="disk">The vault's folder.</param>
    /// <param name="unlock">Unlocks with a key of now; may ask.</param>
    /// <exception cref="SyncException">VaultNotFound, VaultDamaged, FormatUnknown, NetworkFileSystem, or what <paramref name="unlock"/> throws.</exception>
    public static SlotChange Begin(IDisk disk, Func<VaultFile, UnlockedVaultFile> unlock)
    {
        if (disk.IsNetworkFileSystem) throw SyncErrors.NetworkFileSystem.With("The vault's folder is on a network file system");
        byte[] before = VaultCreation.ReadVaultBytes(disk);
        return new(disk, before, unlock(VaultFile.Parse(before)));
    }

    /// <summary>Lets these keys open the vault too. A passphrase takes the place of the one before, a key file that of a slot with its id.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultKeysChanged"/>, UsageWrong (more than 16 keys), VaultBusy, VaultReadOnly, DiskFull, DiskFailed.</exception>
    public void Add(IReadOnlyList<SlotKey> keys, IRandomSource random)
    {
        // In the place of the old one: a list that is shown keeps its order.
        var slots = _unlocked.SlotKeys.Select(old => keys.FirstOrDefault(k => Replaces(k, old)) ?? old).Distinct().ToList();
        slots.AddRange(keys.Where(k => !slots.Contains(k)));
        Replace(slots, random);
    }

    /// <summary>The same, and a key file too, which is made where none is. One that was made for a change that failed is taken away again.</summary>
    /// <exception cref="SyncException">As <see cref="Add(IReadOnlyList{SlotKey}, IRandomSource)"/> and <see cref="KeyFile.ReadOrMake"/>.</exception>
    public void Add(IReadOnlyList<SlotKey> keys, string keyFile, IRandomSource random)
    {
        using var file = KeyFile.ReadOrMake(keyFile, random, out bool isNew);
        using var key = SlotKey.FromKeyFile(file);
        try
        {
            Add([.. keys, key], random);
        }
        catch (SyncException) when (isNew && !Names(file.KeyId))
        {
            KeyFile.Discard(keyFile);
            throw;
        }
    }

    /// <summary>Takes away the keys of these slots, of <see cref="Slots"/>.</summary>
    /// <exception cref="SyncException">As <see cref="Add(IReadOnlyList{SlotKey}, IRandomSource)"/>; UsageWrong when no key would be left.</exception>
    public void Remove(IReadOnlyList<KeySlot> slots, IRandomSource random) =>
        Replace([.. _unlocked.File.Slots.Zip(_unlocked.SlotKeys).Where(p => !slots.Contains(p.First)).Select(p => p.Second)], random);

    public void Dispose() => _unlocked.Dispose();

    private static bool Replaces(SlotKey key, SlotKey old) => key.Type == old.Type && key.KeyId == old.KeyId;

    private void Replace(IReadOnlyList<SlotKey> slots, IRandomSource random)
    {
        using var changed = _unlocked.WithSlots(slots, random);
        byte[] after = changed.File.ToBytes();
        // What takes the old one's place must open with every key that it names: there is no second copy.
        var read = VaultFile.Parse(after);
        foreach (var key in slots) read.UnlockWithSlotKey(key).Dispose();
        try
        {
            using var held = _disk.Lock(VaultPaths.VaultLock, Patience);
            // Unlocking may have waited for a person; meanwhile another process may have changed the keys, and its change must not be lost.
            if (!VaultCreation.ReadVaultBytes(_disk).AsSpan().SequenceEqual(_before)) throw SyncErrors.VaultKeysChanged.With("Another process has changed the keys of this vault meanwhile, and this change was not made");
            Store(after);
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private void Store(byte[] after)
    {
        try
        {
            _disk.ReplaceAtomically(VaultPaths.VaultFile, after);
        }
        catch (DiskException e) when (Holds(after))
        {
            // The name points to the new file, and only the disk's word that it will stay so is missing.
            throw SyncErrors.DiskFailed.With("The keys were changed, but the disk did not confirm it: after a power cut the old ones may open the vault, so keep both", e);
        }
    }

    // True also when nobody can tell: a file that opens the vault must not be lost.
    private bool Names(Id16 keyId)
    {
        try
        {
            return VaultCreation.ReadVaultFile(_disk).Slots.Any(s => s.KeyId == keyId);
        }
        catch (SyncException)
        {
            return true;
        }
    }

    private bool Holds(byte[] bytes)
    {
        try
        {
            return _disk.ReadAllBytes(VaultPaths.VaultFile, VaultFile.MaxFileSize).AsSpan().SequenceEqual(bytes);
        }
        catch (DiskException)
        {
            return false;
        }
    }
}
