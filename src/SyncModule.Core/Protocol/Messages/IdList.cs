using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>Lists of ids inside messages.</summary>
internal static class IdList
{
    public static void Write(CborWriter writer, IReadOnlyCollection<Id32> ids)
    {
        writer.WriteArray(ids.Count);
        foreach (var id in ids) writer.WriteId(id);
    }

    public static Id32[] Read(ref CborReader reader, int max)
    {
        var ids = new Id32[reader.ReadArray(max)];
        for (int i = 0; i < ids.Length; i++) ids[i] = reader.ReadId32();
        return ids;
    }

    /// <summary>Ids in strictly ascending order: the one form that a set has.</summary>
    public static Id32[] ReadSorted(ref CborReader reader, int max)
    {
        var ids = Read(ref reader, max);
        for (int i = 1; i < ids.Length; i++)
        {
            if (ids[i] <= ids[i - 1]) throw new VaultFormatException("A set of ids is not in order.");
        }

        return ids;
    }

    public static void WriteOptional(CborWriter writer, Id32? id)
    {
        if (id is { } value) writer.WriteId(value);
        else writer.WriteNull();
    }

    public static Id32? ReadOptional(ref CborReader reader) => reader.TryReadNull() ? null : reader.ReadId32();
}
