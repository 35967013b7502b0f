using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public sealed class VaultFileTests : IDisposable
{
    // The cheapest slot that the format allows.
    private static readonly Argon2Parameters Cheap = new(Argon2Parameters.MinMemoryKiB, Argon2Parameters.MinPasses);

    private readonly DeviceKeys _device = DeviceKeys.Create(TestKeys.Random);
    private readonly EpochKeys _epoch = TestKeys.Epoch();
    private readonly SecretKey _indexKey = new(TestKeys.Random);
    private readonly KeyFile _keyFile = KeyFile.Create(TestKeys.Random);
    private readonly Ring _ring;

    public VaultFileTests() => _ring = new Ring(_device,
        [new(_epoch.EpochId, EpochSecretKind.Epoch, _epoch.Secret), new(TestKeys.Id(8), EpochSecretKind.Network, _epoch.Network.Secret)], _indexKey);

    public void Dispose()
    {
        _ring.Dispose();
        _device.Dispose();
        _epoch.Dispose();
        _indexKey.Dispose();
        _keyFile.Dispose();
    }

    [Fact]
    public void A_passphrase_a_key_file_and_recovery_words_open_the_same_ring()
    {
        using var words = new SecretKey(TestKeys.Random);
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromPassphrase("pass phrase", Cheap, TestKeys.Random), SlotKey.FromKeyFile(_keyFile), SlotKey.FromRecovery(words)], TestKeys.Random);
        var file = VaultFile.Parse(created.File.ToBytes());
        Assert.Equal(TestKeys.Vault, file.VaultId);
        Assert.Equal(created.File.ToBytes(), file.ToBytes());
        foreach (var unlock in new Func<UnlockedVaultFile>[] { () => file.UnlockWithPassphrase("pass phrase"), () => file.UnlockWithKeyFile(_keyFile), () => file.UnlockWithRecovery(words) })
        {
            using var unlocked = unlock();
            Assert.Equal((_device.Device, _device.ExchangeKey), (unlocked.Ring.Device.Device, unlocked.Ring.Device.ExchangeKey));
            Assert.Equal(_indexKey.Span.ToArray(), unlocked.Ring.IndexKey.Span.ToArray());
            Assert.Equal([(_epoch.EpochId, EpochSecretKind.Epoch), (TestKeys.Id(8), EpochSecretKind.Network)], unlocked.Ring.Epochs.Select(e => (e.EpochId, e.Kind)));
            Assert.Equal(_epoch.Secret.Span.ToArray(), unlocked.Ring.Epochs[0].Secret.Span.ToArray());
        }
    }

    [Fact]
    public void Equal_passphrases_open_however_they_were_typed_and_others_do_not()
    {
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromPassphrase("caf\u00e9 \ufb01", Cheap, TestKeys.Random)], TestKeys.Random);
        created.File.UnlockWithPassphrase("cafe\u0301 fi").Dispose();
        Fails(SyncErrors.WrongPassphrase, () => created.File.UnlockWithPassphrase("cafe fi"));
        Fails(SyncErrors.WrongKeyFile, () => created.File.UnlockWithKeyFile(_keyFile));
        Fails(SyncErrors.WrongPassphrase, () => created.File.UnlockWithRecovery(_indexKey));
        Fails(SyncErrors.UsageWrong, () => created.File.UnlockWithPassphrase(""));
        Fails(SyncErrors.UsageWrong, () => created.File.UnlockWithPassphrase(new string('x', 1025)));
        Fails(SyncErrors.UsageWrong, () => created.File.UnlockWithPassphrase("\ud800"));
    }

    [Fact]
    public void A_key_file_of_another_folder_or_of_a_removed_slot_is_the_wrong_one()
    {
        using var other = KeyFile.Create(TestKeys.Random);
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromKeyFile(_keyFile), SlotKey.FromKeyFile(other)], TestKeys.Random);
        using var removed = created.WithSlots([created.SlotKeys[0]], TestKeys.Random);
        removed.File.UnlockWithKeyFile(_keyFile).Dispose();
        Fails(SyncErrors.WrongKeyFile, () => removed.File.UnlockWithKeyFile(other));
    }

    [Fact]
    public void Any_change_of_slots_makes_a_new_master_key_new_slot_ids_and_a_new_salt()
    {
        using var one = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromPassphrase("old", Cheap, TestKeys.Random)], TestKeys.Random);
        using var two = one.WithSlots([.. one.SlotKeys, SlotKey.FromKeyFile(_keyFile)], TestKeys.Random);
        Assert.DoesNotContain(two.File.Slots, s => s.Id == one.File.Slots[0].Id);
        Assert.NotEqual(one.File.RingSalt, two.File.RingSalt);

        // The old wrapping opens nothing of the new file.
        var mixed = new VaultFile(TestKeys.Vault, one.File.Slots, two.File.RingSalt, two.File.Box);
        Fails(SyncErrors.VaultDamaged, () => mixed.UnlockWithPassphrase("old"));

        using var reopened = VaultFile.Parse(two.File.ToBytes()).UnlockWithKeyFile(_keyFile);
        using var three = reopened.WithSlots(reopened.SlotKeys, TestKeys.Random);
        three.File.UnlockWithPassphrase("old").Dispose();
        one.File.UnlockWithPassphrase("old").Dispose(); // until the new bytes are durable, the old ones still work
    }

    [Fact]
    public void A_new_ring_keeps_slots_and_master_key_and_takes_a_fresh_salt()
    {
        using var one = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromKeyFile(_keyFile)], TestKeys.Random);
        using var ring = one.Ring.WithEpochs([.. one.Ring.Epochs, new(TestKeys.Id(9), EpochSecretKind.Epoch, _indexKey)]);
        using var two = one.WithRing(ring, TestKeys.Random);
        Assert.Equal(one.File.Slots.Select(s => s.Id), two.File.Slots.Select(s => s.Id));
        Assert.NotEqual(one.File.RingSalt, two.File.RingSalt);
        using var again = VaultFile.Parse(two.File.ToBytes()).UnlockWithKeyFile(_keyFile);
        Assert.Equal(3, again.Ring.Epochs.Count);
        using var same = one.WithRing(one.Ring, TestKeys.Random);
        Assert.NotEqual(one.File.Box, same.File.Box);
    }

    [Fact]
    public void There_is_always_a_slot_and_never_more_than_sixteen()
    {
        Fails(SyncErrors.UsageWrong, () => VaultFile.Create(TestKeys.Vault, _ring, [], TestKeys.Random));
        Fails(SyncErrors.UsageWrong, () => VaultFile.Create(TestKeys.Vault, _ring, [.. Enumerable.Repeat(SlotKey.FromKeyFile(_keyFile), 17)], TestKeys.Random));
    }

    [Fact]
    public void No_secret_stands_in_the_file()
    {
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromPassphrase("canary phrase", Cheap, TestKeys.Random), SlotKey.FromKeyFile(_keyFile)], TestKeys.Random);
        string text = Encoding.UTF8.GetString(created.File.ToBytes());
        foreach (var secret in new[] { _indexKey, _epoch.Secret, _device.SigningSeed, _device.ExchangeSecret, _keyFile.Key })
        {
            Assert.DoesNotContain(Convert.ToHexStringLower(secret.Span), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(secret.Span)[..40], text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bytes_are_the_ones_of_the_specification()
    {
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromKeyFile(_keyFile)], TestKeys.Random);
        var slot = created.File.Slots[0];
        byte[] vault = TestKeys.Vault.ToArray(), kek = _keyFile.Key.Span.ToArray();
        byte[] header = [0x88, 1, 0x58, 32, .. vault, 0x50, .. slot.Id.ToArray(), 2, 0x50, .. _keyFile.KeyId.ToArray(), 0xF6, 0xF6, 0xF6];
        byte[] X(byte[] key, string label, byte[] context) => HKDF.Expand(HashAlgorithmName.SHA256, key, 32, [.. Encoding.UTF8.GetBytes("syncmodule/1/" + label + "\0"), .. context]);
        Assert.Equal(X(kek, "slot/commit", SHA256.HashData(header)), slot.Commit.ToArray());
        byte[] master = Open(X(kek, "slot/wrap", SHA256.HashData(header)), header, slot.Wrapped);
        byte[] ring = Open(X(master, "ring", [.. vault, .. created.File.RingSalt.ToArray()]), [.. "syncmodule/1/ring\0"u8, .. vault], created.File.Box);
        byte[] expected =
        [
            0x86, 1, 0x58, 32, .. _device.SigningSeed.Span, 0x58, 32, .. _device.ExchangeSecret.Span,
            0x82, 0x83, 0x58, 32, .. _epoch.EpochId.ToArray(), 0, 0x58, 32, .. _epoch.Secret.Span, 0x83, 0x58, 32, .. TestKeys.Id(8).ToArray(), 1, 0x58, 32, .. _epoch.Network.Secret.Span,
            0x81, 0x82, 0x50, .. slot.Id.ToArray(), 0x58, 32, .. kek, 0x58, 32, .. _indexKey.Span,
        ];
        Assert.Equal(expected, ring);
    }

    [Fact]
    public void Every_damaged_character_is_a_typed_error_or_changes_nothing()
    {
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromKeyFile(_keyFile)], TestKeys.Random);
        byte[] bytes = created.File.ToBytes();
        SyncErrorKind[] allowed = [SyncErrors.VaultDamaged, SyncErrors.FormatUnknown, SyncErrors.WrongKeyFile];
        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte change in new byte[] { 0x01, 0x20, 0x80 })
            {
                byte[] damaged = [.. bytes];
                damaged[i] ^= change;
                var error = Record.Exception(() => VaultFile.Parse(damaged).UnlockWithKeyFile(_keyFile).Dispose());
                if (error is null) Assert.Equal(bytes, VaultFile.Parse(damaged).ToBytes()); // white space only
                else Assert.Contains(Assert.IsType<SyncException>(error).Kind, allowed);
            }
        }

        for (int length = 0; length < bytes.Length - 2; length++)
            Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(bytes.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("$.slots[0].kdf.m", 18 * 1024)]
    [InlineData("$.slots[0].kdf.m", (1024 * 1024) + 1)]
    [InlineData("$.slots[0].kdf.m", int.MaxValue)]
    [InlineData("$.slots[0].kdf.m", 4_294_967_296L)]
    [InlineData("$.slots[0].kdf.m", -1)]
    [InlineData("$.slots[0].kdf.t", 1)]
    [InlineData("$.slots[0].kdf.t", 17)]
    [InlineData("$.slots[0].kdf.t", int.MaxValue)]
    [InlineData("$.format", 0)]
    [InlineData("$.vaultId", 1)]
    [InlineData("$.ring", 1)]
    [InlineData("$.slots", 1)]
    public void Numbers_out_of_bounds_and_values_of_another_type_are_damage(string path, long value)
    {
        var json = PassphraseVault();
        Set(json, path, JsonValue.Create(value));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    [Fact]
    public void Memory_times_passes_is_bounded_as_well()
    {
        Assert.False(new Argon2Parameters(1024 * 1024, 5).AreAllowed);
        Assert.True(new Argon2Parameters(1024 * 1024, 4).AreAllowed);
        Assert.True(new Argon2Parameters(256 * 1024, 16).AreAllowed);
        Assert.Throws<ArgumentException>(() => SlotKey.FromPassphrase("x", new Argon2Parameters(1024 * 1024, 5), TestKeys.Random));
        Assert.True(Argon2Parameters.ForMachine(1L << 28).AreAllowed);
        Assert.Equal(Argon2Parameters.Default, Argon2Parameters.ForMachine(1L << 33));
        var json = PassphraseVault();
        Set(json, "$.slots[0].kdf.m", JsonValue.Create(1024 * 1024));
        Set(json, "$.slots[0].kdf.t", JsonValue.Create(5));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    [Fact]
    public void A_missing_an_unknown_or_a_repeated_name_is_damage_and_a_newer_format_is_said()
    {
        foreach (string path in new[] { "vaultId", "slots", "ring" })
        {
            var json = PassphraseVault();
            json.AsObject().Remove(path);
            Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
        }

        foreach (string name in new[] { "id", "type", "kdf", "commit", "wrapped" })
        {
            var json = PassphraseVault();
            json["slots"]![0]!.AsObject().Remove(name);
            Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
        }

        var extra = PassphraseVault();
        extra["more"] = 1;
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(extra.ToJsonString())));
        var newer = PassphraseVault();
        newer["format"] = 2;
        Fails(SyncErrors.FormatUnknown, () => VaultFile.Parse(Encoding.UTF8.GetBytes(newer.ToJsonString())));
        var type = PassphraseVault();
        type["slots"]![0]!["type"] = "retina";
        Fails(SyncErrors.FormatUnknown, () => VaultFile.Parse(Encoding.UTF8.GetBytes(type.ToJsonString())));
        var twice = PassphraseVault();
        twice["slots"]!.AsArray().Add(twice["slots"]![0]!.DeepClone());
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(twice.ToJsonString())));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse("{\"format\":1,\"format\":1}"u8));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse("[]"u8));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse("null"u8));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(new byte[VaultFile.MaxFileSize + 1]));
        Fails(SyncErrors.VaultDamaged, () => VaultFile.Parse(Encoding.UTF8.GetBytes(new string('[', 100_000))));
    }

    private JsonNode PassphraseVault()
    {
        using var created = VaultFile.Create(TestKeys.Vault, _ring, [SlotKey.FromPassphrase("x", Cheap, TestKeys.Random)], TestKeys.Random);
        return JsonNode.Parse(created.File.ToBytes())!;
    }

    private static void Set(JsonNode json, string path, JsonNode value)
    {
        string[] parts = path[2..].Replace("[0]", ".0", StringComparison.Ordinal).Split('.');
        foreach (string part in parts[..^1]) json = int.TryParse(part, out int index) ? json[index]! : json[part]!;
        json[parts[^1]] = value;
    }

    private static byte[] Open(byte[] key, byte[] associated, byte[] box)
    {
        byte[] plain = new byte[box.Length - 16];
        using var gcm = new AesGcm(key, 16);
        gcm.Decrypt(new byte[12], box.AsSpan(0, plain.Length), box.AsSpan(plain.Length), plain, associated);
        return plain;
    }

    private static void Fails(SyncErrorKind kind, Action action) => Assert.Same(kind, Assert.Throws<SyncException>(action).Kind);
}
