using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// vault.json in memory (format-1 §11): key slots that each wrap the local master key LMK, and the ring sealed under LMK. Immutable;
/// reading and replacing the file is the caller's. <see cref="VaultFileJson"/> has the text form.
/// </summary>
public sealed class VaultFile
{
    /// <summary>Limit of the file in bytes, checked before it is parsed.</summary>
    public const int MaxFileSize = 4 * 1024 * 1024;

    internal VaultFile(VaultId vaultId, IReadOnlyList<KeySlot> slots, Id32 ringSalt, byte[] box)
    {
        VaultId = vaultId;
        Slots = slots;
        RingSalt = ringSalt;
        Box = box;
    }

    public VaultId VaultId { get; }

    public IReadOnlyList<KeySlot> Slots { get; }

    internal Id32 RingSalt { get; }

    internal byte[] Box { get; }

    /// <summary>Makes the file of a new folder: new LMK, new slot ids, fresh salt.</summary>
    public static UnlockedVaultFile Create(VaultId vaultId, Ring ring, IReadOnlyList<SlotKey> slots, IRandomSource random) =>
        UnlockedVaultFile.Create(vaultId, ring, slots, random);

    /// <exception cref="SyncException"><see cref="SyncErrors.VaultDamaged"/>, or <see cref="SyncErrors.FormatUnknown"/> for a newer format.</exception>
    public static VaultFile Parse(ReadOnlySpan<byte> json) => VaultFileJson.Parse(json);

    public byte[] ToBytes() => VaultFileJson.Write(this);

    /// <summary>Tries every passphrase slot, each at the cost that it stores.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.WrongPassphrase"/>, <see cref="SyncErrors.VaultDamaged"/>, <see cref="SyncErrors.MemoryShort"/>.</exception>
    public UnlockedVaultFile UnlockWithPassphrase(ReadOnlySpan<char> passphrase)
    {
        foreach (var slot in Slots)
        {
            if (slot.Type != SlotType.Passphrase) continue;
            using var kek = Passphrase.Derive(passphrase, Plants.KdfGuessed ? Argon2Parameters.ForMachine(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) : slot.Kdf!.Parameters, slot.Kdf!.Salt.ToArray());
            if (slot.TryUnwrap(VaultId, kek) is { } masterKey) return Open(masterKey);
        }

        throw SyncErrors.WrongPassphrase.With("The passphrase opens no slot of this vault");
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.WrongKeyFile"/>, <see cref="SyncErrors.VaultDamaged"/>.</exception>
    public UnlockedVaultFile UnlockWithKeyFile(KeyFile file)
    {
        foreach (var slot in Slots)
        {
            if (slot.Type == SlotType.KeyFile && slot.KeyId == file.KeyId && slot.TryUnwrap(VaultId, file.Key) is { } masterKey) return Open(masterKey);
        }

        throw SyncErrors.WrongKeyFile.With($"The key file {file.KeyId.ToString()[..8]} opens no slot of this vault");
    }

    /// <summary>Unlocks with the 32 bytes that the recovery words stand for.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.WrongPassphrase"/>, <see cref="SyncErrors.VaultDamaged"/>.</exception>
    public UnlockedVaultFile UnlockWithRecovery(SecretKey words)
    {
        foreach (var slot in Slots)
        {
            if (slot.Type == SlotType.Recovery && slot.TryUnwrap(VaultId, words) is { } masterKey) return Open(masterKey);
        }

        throw SyncErrors.WrongPassphrase.With("The recovery words open no slot of this vault");
    }

    /// <summary>Unlocks with the key of a slot, for example one that was just made, without deriving it again.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.WrongKeyFile"/>, <see cref="SyncErrors.VaultDamaged"/>.</exception>
    public UnlockedVaultFile UnlockWithSlotKey(SlotKey key)
    {
        foreach (var slot in Slots)
        {
            if (slot.Type == key.Type && slot.KeyId == key.KeyId && slot.Kdf == key.Kdf && slot.TryUnwrap(VaultId, key.Kek) is { } masterKey) return Open(masterKey);
        }

        throw SyncErrors.WrongKeyFile.With("The key opens no slot of this vault");
    }

    // ring.box = GCM(X(LMK,"ring",vaultId ‖ salt), L("ring") ‖ vaultId, CBOR): a fresh salt at every write makes the key single-use.
    internal static byte[] SealRing(VaultId vaultId, Id32 salt, SecretKey masterKey, ReadOnlySpan<byte> ring)
    {
        using var key = KeySchedule.Derive(masterKey, Labels.Ring, vaultId, salt);
        var box = new byte[ring.Length + Gcm.TagSize];
        ring.CopyTo(box);
        Gcm.SealInPlace(key.Span, RingAssociated(vaultId), box);
        return box;
    }

    // Takes over the master key.
    private UnlockedVaultFile Open(SecretKey masterKey)
    {
        try
        {
            using var key = KeySchedule.Derive(masterKey, Labels.Ring, VaultId, RingSalt);
            using var buffer = new SecretBuffer(Box.Length - Gcm.TagSize);
            if (!Gcm.TryOpen(key.Span, RingAssociated(VaultId), Box, buffer.Span)) throw new VaultFormatException("The ring does not authenticate.");
            var ring = Ring.Decode(buffer.Span, out var slotKeys);
            if (slotKeys.Count != Slots.Count || !Slots.All(s => slotKeys.ContainsKey(s.Id))) throw new VaultFormatException("The ring names other slots than the file has.");
            return new UnlockedVaultFile(this, ring, masterKey, [.. Slots.Select(s => new SlotKey(s.Type, s.KeyId, s.Kdf, slotKeys[s.Id]))]);
        }
        catch (VaultFormatException e)
        {
            masterKey.Dispose();
            throw SyncErrors.VaultDamaged.With("The keys in vault.json are damaged", e);
        }
    }

    private static byte[] RingAssociated(VaultId vaultId) => [.. Labels.Ring, .. vaultId.ToArray()];
}
