using System.Text;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Slots, the ring and a whole vault.json (§8); key file text is vault-format's.</summary>
internal static class SlotVectors
{
    // NFKC makes the ligature "fi" and the full-width digit "1".
    private const string PassphraseTyped = "\ufb01ve \uff11 words";

    public static VectorFile Make()
    {
        var file = new VectorFile(CryptographyVectors.Page, "slots.json", "a vault.json with a key-file slot and a passphrase slot, and what is inside");
        using var keyFile = KeyFile.Create(Fixed.Random(0x11));
        using var byFile = SlotKey.FromKeyFile(keyFile);
        using var byPassphrase = SlotKey.FromPassphrase(PassphraseTyped, new(Argon2Parameters.MinMemoryKiB, Argon2Parameters.MinPasses), Fixed.Random(0x31));
        using var device = Fixed.Founder();
        using var epoch = Fixed.Epoch();
        using var secret = Fixed.Secret(Fixed.EpochSecret);
        using var indexKey = Fixed.Secret(Fixed.Counting(0x70));
        using var ring = new Ring(device, [new(epoch.EpochId, EpochSecretKind.Epoch, secret)], indexKey);
        using var unlocked = VaultFile.Create(Fixed.Vault, ring, [byFile, byPassphrase], Fixed.Random(0x51));
        file.Case("key file", ("keyId", keyFile.KeyId), ("kek", SecretKeyBytes.Of(keyFile.Key)), ("fileText", Encoding.ASCII.GetString(keyFile.Format())))
            .Case("passphrase", ("typedText", PassphraseTyped), ("utf8", "five 1 words"u8.ToArray()), ("m", Argon2Parameters.MinMemoryKiB), ("t", Argon2Parameters.MinPasses), ("salt", byPassphrase.Kdf!.Salt), ("kek", SecretKeyBytes.Of(byPassphrase.Kek)))
            .Case("slot of the key file", Slot(unlocked.File.Slots[0]))
            .Case("slot of the passphrase", Slot(unlocked.File.Slots[1]))
            .Case("ring", ("lmk", Fixed.Counting(0x51)), ("salt", unlocked.File.RingSalt), ("ring", Encoded(ring, unlocked)), ("box", unlocked.File.Box))
            .Case("vault.json", ("fileText", Encoding.UTF8.GetString(unlocked.File.ToBytes())));
        using var opened = VaultFile.Parse(unlocked.File.ToBytes()).UnlockWithPassphrase("five 1 words");
        Assert.Equal(device.Device, opened.Ring.Device.Device);
        return file;
    }

    private static (string Field, object Value)[] Slot(KeySlot slot) =>
        [("header", KeySlot.Header(Fixed.Vault, slot.Id, slot.Type, slot.KeyId, slot.Kdf)), ("commit", slot.Commit), ("wrapped", slot.Wrapped)];

    private static byte[] Encoded(Ring ring, UnlockedVaultFile unlocked) =>
        ring.Encode([.. unlocked.File.Slots.Zip(unlocked.SlotKeys, (s, k) => (s.Id, k))], bytes => bytes.ToArray());
}
