using System.Buffers;
using System.Text.Json;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// The text of vault.json (format-1 §11): format, vaultId, slots [{id, type, keyId?, kdf {m KiB, t, salt}?, commit, wrapped}], ring {salt,
/// box}. Bytes are lower-case hex, the box is base64. Names that format 1 does not have are refused, because a rewrite would lose them.
/// </summary>
internal static class VaultFileJson
{
    private const int Format = 1;
    private const int MinBox = 100;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8, AllowDuplicateProperties = false };
    private static readonly string[] TypeNames = ["", "passphrase", "keyfile", "recovery"];

    public static byte[] Write(VaultFile file)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteString("vaultId", file.VaultId.ToString());
            json.WriteStartArray("slots");
            foreach (var slot in file.Slots) WriteSlot(json, slot);
            json.WriteEndArray();
            json.WriteStartObject("ring");
            json.WriteString("salt", file.RingSalt.ToString());
            json.WriteBase64String("box", file.Box);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    public static VaultFile Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length is 0 or > VaultFile.MaxFileSize) throw Damaged("it has an impossible length");
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), Options);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw SyncErrors.VaultDamaged.With("vault.json is no JSON", e);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            // A missing name, a value of another type, text that is not UTF-8, no base64.
            throw SyncErrors.VaultDamaged.With("vault.json has a field that cannot be read", e);
        }
    }

    private static void WriteSlot(Utf8JsonWriter json, KeySlot slot)
    {
        json.WriteStartObject();
        json.WriteString("id", slot.Id.ToString());
        json.WriteString("type", TypeNames[(int)slot.Type]);
        if (slot.KeyId is { } keyId) json.WriteString("keyId", keyId.ToString());
        if (slot.Kdf is { } kdf)
        {
            json.WriteStartObject("kdf");
            json.WriteNumber("m", kdf.Parameters.MemoryKiB);
            json.WriteNumber("t", kdf.Parameters.Passes);
            json.WriteString("salt", kdf.Salt.ToString());
            json.WriteEndObject();
        }

        json.WriteString("commit", slot.Commit.ToString());
        json.WriteString("wrapped", Convert.ToHexStringLower(slot.Wrapped));
        json.WriteEndObject();
    }

    private static VaultFile Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) || !format.TryGetInt32(out int number)) throw Damaged("it names no format");
        if (number > Format) throw SyncErrors.FormatUnknown.With($"vault.json has a format that this version does not know");
        if (number != Format) throw Damaged("it names no format");
        Only(root, "format", "vaultId", "slots", "ring");
        var slots = root.GetProperty("slots");
        if (slots.GetArrayLength() is 0 or > Ring.MaxSlots) throw Damaged("it has no slots, or too many");
        var ring = root.GetProperty("ring");
        Only(ring, "salt", "box");
        byte[] box = ring.GetProperty("box").GetBytesFromBase64();
        if (box.Length < MinBox) throw Damaged("its ring is cut");
        KeySlot[] read = [.. slots.EnumerateArray().Select(ReadSlot)];
        if (read.DistinctBy(s => s.Id).Count() != read.Length) throw Damaged("two slots have one id");
        return new VaultFile(new VaultId(Hex(root, "vaultId", Id32.Size)), read, new Id32(Hex(ring, "salt", Id32.Size)), box);
    }

    private static KeySlot ReadSlot(JsonElement slot)
    {
        Only(slot, "id", "type", "keyId", "kdf", "commit", "wrapped");
        int type = Array.IndexOf(TypeNames, slot.GetProperty("type").GetString(), 1);
        if (type < 0) throw SyncErrors.FormatUnknown.With("vault.json has a kind of key that this version does not know");
        Id16? keyId = slot.TryGetProperty("keyId", out _) ? new Id16(Hex(slot, "keyId", Id16.Size)) : null;
        SlotKdf? kdf = slot.TryGetProperty("kdf", out var element) ? ReadKdf(element) : null;
        if (keyId is not null != ((SlotType)type == SlotType.KeyFile) || kdf is not null != ((SlotType)type == SlotType.Passphrase)) throw Damaged("a slot has the fields of another type");
        return new KeySlot(new Id16(Hex(slot, "id", Id16.Size)), (SlotType)type, keyId, kdf, new Id32(Hex(slot, "commit", Id32.Size)), Hex(slot, "wrapped", KeySlot.WrappedSize));
    }

    private static SlotKdf ReadKdf(JsonElement kdf)
    {
        Only(kdf, "m", "t", "salt");
        var parameters = new Argon2Parameters(kdf.GetProperty("m").GetInt32(), kdf.GetProperty("t").GetInt32());
        return parameters.AreAllowed ? new SlotKdf(parameters, new Id16(Hex(kdf, "salt", Id16.Size))) : throw Damaged("a slot's Argon2 parameters are out of bounds");
    }

    private static byte[] Hex(JsonElement parent, string name, int size)
    {
        string text = parent.GetProperty(name).GetString() ?? "";
        return text.Length == 2 * size && !text.AsSpan().ContainsAnyInRange('A', 'F') ? Convert.FromHexString(text) : throw Damaged($"its field {name} has a wrong form");
    }

    private static void Only(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (!names.Contains(property.Name)) throw Damaged("it has a field that format 1 does not have");
        }
    }

    private static SyncException Damaged(string why) => SyncErrors.VaultDamaged.With("vault.json cannot be used: " + why);
}
