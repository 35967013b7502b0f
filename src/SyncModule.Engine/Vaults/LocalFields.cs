using System.Text.Json.Nodes;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Fields of items that never leave this device: what a collection says of them is synced, their values are rows of local.db, sealed like its others. Reads show
/// them in their place; no state, digest, version or copy holds them (docs/decisions/103).
/// </summary>
internal sealed class LocalFields(Vault vault)
{
    /// <summary>JSON of one item's local fields; the file is small and synced at each change.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Local fields of an item by JSON pointer; none where it has none.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.LocalStateDamaged"/>.</exception>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Of(string collection, string key)
    {
        byte[] row = KeyOf(collection, key);
        using var transaction = vault.Local.Begin(write: false);
        return transaction.Get(LocalTables.Field, row) is { } sealedRow ? Decode(vault.LocalSealer.Open(LocalTables.Field, row, sealedRow)) : new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
    }

    /// <summary>Changes some; null removes one. What stands above or below a written one goes, as in an object.</summary>
    /// <param name="collection">Of the item.</param>
    /// <param name="key">Of the item.</param>
    /// <param name="changes">By JSON pointer.</param>
    /// <param name="whole">Those that are not named go.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public void Change(string collection, string key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, bool whole)
    {
        var old = Of(collection, key);
        var fields = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (path, json) in old)
        {
            if (!whole && !changes.ContainsKey(path) && !changes.Any(c => c.Value is not null && StructuredWrites.AreNested(c.Key, path))) fields.Add(path, json);
        }

        foreach (var (path, json) in changes)
        {
            if (json is { } value) fields[path] = value;
        }

        if (fields.Count == 0 && old.Count == 0) return;
        long bytes = fields.Sum(f => 16L + (3L * f.Key.Length) + f.Value.Length);
        if (bytes > MaxBytes) throw SyncErrors.ValueTooLarge.With($"The fields of '{key}' that stay on this device would have {bytes} bytes; {MaxBytes} are allowed");
        byte[] row = KeyOf(collection, key);
        using var transaction = vault.Local.Begin(write: true);
        if (fields.Count == 0) transaction.Delete(LocalTables.Field, row);
        else transaction.Put(LocalTables.Field, row, vault.LocalSealer.Seal(LocalTables.Field, row, Encode(fields)));
        transaction.Commit();
    }

    /// <summary>True when no item has any.</summary>
    public bool IsEmpty()
    {
        using var look = vault.Local.Begin(write: false);
        return !look.Scan(LocalTables.Field).Any();
    }

    /// <summary>Those of items that were deleted here.</summary>
    public void Forget(string collection, IEnumerable<string> keys)
    {
        if (IsEmpty()) return; // nearly always
        using var transaction = vault.Local.Begin(write: true);
        foreach (string key in keys) transaction.Delete(LocalTables.Field, KeyOf(collection, key));
        transaction.Commit();
    }

    /// <summary>Puts them into what an object shows.</summary>
    public void AddTo(JsonObject shown, string collection, string key)
    {
        var fields = Of(collection, key);
        foreach (var (path, json) in fields) StructuredItem.Set(shown, path, JsonNode.Parse(json.Span));
        if (fields.Count > 0) StructuredItem.SortNames(shown);
    }

    private byte[] KeyOf(string collection, string key) => vault.Keys.LocalTag(collection, key).ToArray();

    private static byte[] Encode(SortedDictionary<string, ReadOnlyMemory<byte>> fields)
    {
        var writer = new CborWriter();
        writer.WriteArray(2);
        writer.WriteUInt(1);
        writer.WriteArray(fields.Count);
        foreach (var (path, json) in fields)
        {
            writer.WriteArray(2);
            writer.WriteText(path);
            writer.WriteBytes(json.Span);
        }

        return writer.ToArray();
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(2);
        if (reader.ReadUInt() != 1) throw SyncErrors.LocalStateDamaged.With("A row of local fields has an unknown shape");
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        for (int count = reader.ReadArray(MaxBytes); count > 0; count--)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(Operation.MaxNameBytes);
            fields[path] = reader.ReadBytes(MaxBytes).ToArray();
        }

        reader.Finish();
        return fields;
    }
}
