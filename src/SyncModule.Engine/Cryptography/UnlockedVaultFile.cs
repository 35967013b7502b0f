using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// An unlocked vault.json: the file, its ring, and what is needed to write the next version. Changes make a new instance and leave
/// this one usable, so that a failed write of the file costs nothing: keep the old one until the new bytes are durable.
/// </summary>
public sealed class UnlockedVaultFile : IDisposable
{
    private readonly SecretKey _masterKey;

    internal UnlockedVaultFile(VaultFile file, Ring ring, SecretKey masterKey, IReadOnlyList<SlotKey> slotKeys)
    {
        File = file;
        Ring = ring;
        _masterKey = masterKey;
        SlotKeys = slotKeys;
    }

    public VaultFile File { get; }

    public Ring Ring { get; }

    /// <summary>One for each slot, in the order of <see cref="VaultFile.Slots"/>: pick from them for <see cref="WithSlots"/>.</summary>
    public IReadOnlyList<SlotKey> SlotKeys { get; }

    /// <summary>Slots that their own key does not open any more, although another one has opened the vault: their bytes in vault.json are damaged.</summary>
    public IReadOnlyList<KeySlot> DamagedSlots => [.. File.Slots.Zip(SlotKeys).Where(p => !Opens(p.First, p.Second)).Select(p => p.First)];

    private bool Opens(KeySlot slot, SlotKey key)
    {
        try
        {
            using var master = slot.TryUnwrap(File.VaultId, key.Kek);
            return master is not null && CryptographicOperations.FixedTimeEquals(master.Span, _masterKey.Span);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.VaultDamaged)
        {
            return false;
        }
    }

    /// <summary>The same slots and master key around another ring; the salt is fresh.</summary>
    public UnlockedVaultFile WithRing(Ring ring, IRandomSource random) => Build(File.VaultId, ring, SlotKeys, File.Slots, _masterKey, random);

    /// <summary>Any change of slots: new master key, new slot ids, new ring salt (format-1 §11).</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/> when no slot would be left, or more than 16.</exception>
    public UnlockedVaultFile WithSlots(IReadOnlyList<SlotKey> slots, IRandomSource random) => Create(File.VaultId, Ring, slots, random);

    public void Dispose()
    {
        Ring.Dispose();
        _masterKey.Dispose();
        foreach (var key in SlotKeys) key.Dispose();
    }

    internal static UnlockedVaultFile Create(VaultId vaultId, Ring ring, IReadOnlyList<SlotKey> slots, IRandomSource random)
    {
        if (slots.Count is 0 or > Ring.MaxSlots) throw SyncErrors.UsageWrong.With("A vault has 1 to 16 keys that open it");
        using var masterKey = new SecretKey(random);
        var wrapped = new KeySlot[slots.Count];
        Span<byte> id = stackalloc byte[Id16.Size];
        for (int i = 0; i < wrapped.Length; i++)
        {
            random.Fill(id);
            wrapped[i] = KeySlot.Wrap(vaultId, new Id16(id), slots[i], masterKey);
        }

        return Build(vaultId, ring, slots, wrapped, masterKey, random);
    }

    // Everything is cloned: old and new instance are disposed independently.
    private static UnlockedVaultFile Build(VaultId vaultId, Ring ring, IReadOnlyList<SlotKey> slotKeys, IReadOnlyList<KeySlot> slots, SecretKey masterKey, IRandomSource random)
    {
        Span<byte> saltBytes = stackalloc byte[Id32.Size];
        random.Fill(saltBytes);
        var salt = new Id32(saltBytes);
        var named = slots.Zip(slotKeys, (s, k) => (s.Id, k)).ToArray();
        var box = ring.Encode(named, bytes => VaultFile.SealRing(vaultId, salt, masterKey, bytes));
        return new UnlockedVaultFile(new VaultFile(vaultId, slots, salt, box), ring.Clone(), masterKey.Clone(), [.. slotKeys.Select(k => new SlotKey(k.Type, k.KeyId, k.Kdf, k.Kek.Clone()))]);
    }
}
