using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>A change of one item's fields that stay on this device.</summary>
/// <param name="Collection">Of the item.</param>
/// <param name="Key">Of the item.</param>
/// <param name="Fields">By JSON pointer; null removes one.</param>
/// <param name="Whole">Those that are not named go.</param>
internal sealed record LocalChange(string Collection, string Key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> Fields, bool Whole)
{
    private static readonly Dictionary<string, ReadOnlyMemory<byte>?> None = new(StringComparer.Ordinal);

    /// <summary>An item keeps none of its fields.</summary>
    public static LocalChange Forget(string collection, string key) => new(collection, key, None, Whole: true);

    /// <summary>The fields as they are then. What stands above or below a written one goes, as in an object.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public SortedDictionary<string, ReadOnlyMemory<byte>> Over(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> old)
    {
        var fields = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (path, json) in old)
        {
            if (!Whole && !Fields.ContainsKey(path) && !Fields.Any(c => c.Value is not null && StructuredWrites.AreNested(c.Key, path))) fields.Add(path, json);
        }

        foreach (var (path, json) in Fields)
        {
            if (json is { } value) fields[path] = value;
        }

        long bytes = fields.Sum(f => 16L + (3L * f.Key.Length) + f.Value.Length);
        if (bytes > LocalFields.MaxBytes) throw SyncErrors.ValueTooLarge.With($"The fields of '{Key}' that stay on this device would have {bytes} bytes; {LocalFields.MaxBytes} are allowed");
        return fields;
    }

    /// <summary>[collection, key, whole, [[path, JSON or null]…]]</summary>
    public void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        writer.WriteText(Collection);
        writer.WriteText(Key);
        writer.WriteUInt(Whole ? 1u : 0);
        writer.WriteArray(Fields.Count);
        foreach (var (path, json) in Fields)
        {
            writer.WriteArray(2);
            writer.WriteText(path);
            if (json is { } value) writer.WriteBytes(value.Span);
            else writer.WriteNull();
        }
    }

    /// <exception cref="VaultFormatException">It is none.</exception>
    public static LocalChange Read(ref CborReader reader)
    {
        reader.ReadArrayOf(4);
        string collection = reader.ReadText(Operation.MaxNameBytes), key = reader.ReadText(Operation.MaxNameBytes);
        bool whole = reader.ReadUInt(1) == 1;
        var fields = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        for (int count = reader.ReadArray(LocalFields.MaxBytes); count > 0; count--)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(Operation.MaxNameBytes);
            fields[path] = reader.TryReadNull() ? null : (ReadOnlyMemory<byte>?)reader.ReadBytes(LocalFields.MaxBytes).ToArray();
        }

        return new(collection, key, fields, whole);
    }
}
