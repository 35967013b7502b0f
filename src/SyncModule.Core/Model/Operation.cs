using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>Kinds of data operations (format-1 §4). Only the first three are applied by this version; the others park the log.</summary>
public enum OperationKind : byte
{
    Put = 1,
    Delete = 2,
    Resolve = 3,
    Patch = 4,
    Increment = 5,
    SetCounter = 6,
    Add = 7,
    Remove = 8,
    RemoveTree = 9,
    Own = 10,
    Policy = 11,
    Checkpoint = 12,
}

/// <summary>
/// A value in a cell: [0, bytes] up to 4 KiB, else [1, reference, length] (format-1 §4). A reference says how long the object is that
/// it names, which for a manifest is not the length of the value; so the value says its own (docs/decisions/004).
/// </summary>
public sealed record ItemValue(ReadOnlyMemory<byte> Inline, ObjectReference? Reference, long Length)
{
    /// <summary>Bytes that stand in the operation itself; longer values become objects.</summary>
    public const int MaxInline = 4096;

    public static ItemValue FromBytes(ReadOnlyMemory<byte> bytes) => new(bytes, null, bytes.Length);

    /// <summary>A value of <paramref name="length"/> plain bytes that stands in objects.</summary>
    public static ItemValue FromReference(ObjectReference reference, long length) => new(default, reference, length);

    /// <summary>Values are equal when their bytes or references are.</summary>
    public bool Equals(ItemValue? other) => other is not null && Reference == other.Reference && Length == other.Length && Inline.Span.SequenceEqual(other.Inline.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Reference?.GetHashCode() ?? Inline.Length;

    public void Write(CborWriter writer)
    {
        if (Reference is { } reference)
        {
            writer.WriteArray(3);
            writer.WriteUInt(1);
            reference.Write(writer);
            writer.WriteUInt((ulong)Length);
            return;
        }

        writer.WriteArray(2);
        writer.WriteUInt(0);
        writer.WriteBytes(Inline.Span);
    }

    public static ItemValue Read(ref CborReader reader)
    {
        int fields = reader.ReadArray(3);
        if (reader.ReadUInt(1) == 0)
        {
            if (fields != 2) throw new VaultFormatException("A value has the wrong shape.");
            return FromBytes(reader.ReadBytes(MaxInline).ToArray());
        }

        if (fields != 3) throw new VaultFormatException("A value has the wrong shape.");
        var reference = ObjectReference.Read(ref reader);
        if (reference.Kind is not (ObjectKind.Chunk or ObjectKind.Manifest)) throw new VaultFormatException("A value is made of chunks.");
        return FromReference(reference, (long)reader.ReadUInt(Manifest.MaxTotalLength));
    }
}

/// <summary>One cell that an operation touches: its path ("" is the item itself and is never listed) and the value, null = DEL.</summary>
public sealed record CellWrite(string Path, ItemValue? Value);

/// <summary>
/// One change of one item: [collection, key, kind, replaces, ts or null, payload, metadata or null, content or null] (format-1 §4).
/// The payload of put, delete and resolve is [alive 0|1, value or null, [[path, value or null]…]]. It lists every cell that the
/// operation touches besides "", so the set of touched cells is a function of the operation alone and folds of concurrent operations
/// commute (docs/decisions/003).
/// </summary>
public sealed record Operation(
    string Collection,
    string Key,
    OperationKind Kind,
    IReadOnlyList<Dot> Replaces,
    HybridTimestamp? Timestamp,
    bool Alive,
    ItemValue? Value,
    IReadOnlyList<CellWrite> Cells,
    Metadata? Metadata,
    Id32? Content)
{
    /// <summary>Dots in `replaces`.</summary>
    public const int MaxReplaces = 4096;

    /// <summary>UTF-8 bytes of a key, a collection name or a cell's path.</summary>
    public const int MaxNameBytes = 4096;

    /// <summary>Cells that one operation touches.</summary>
    public const int MaxCells = 65_536;

    public void Write(CborWriter writer)
    {
        writer.WriteArray(8);
        writer.WriteText(Collection);
        writer.WriteText(Key);
        writer.WriteUInt((ulong)Kind);
        writer.WriteArray(Replaces.Count);
        foreach (var dot in Replaces) dot.Write(writer);
        if (Timestamp is { } timestamp) writer.WriteUInt(timestamp.Value);
        else writer.WriteNull();
        writer.WriteArray(3);
        writer.WriteUInt(Alive ? 1u : 0u);
        if (Value is null) writer.WriteNull();
        else Value.Write(writer);
        writer.WriteArray(Cells.Count);
        foreach (var cell in Cells)
        {
            writer.WriteArray(2);
            writer.WriteText(cell.Path);
            if (cell.Value is null) writer.WriteNull();
            else cell.Value.Write(writer);
        }

        if (Metadata is null) writer.WriteNull();
        else Metadata.Write(writer);
        if (Content is { } content) writer.WriteId(content);
        else writer.WriteNull();
    }

    /// <summary>Reads a put, delete or resolve behind its kind. Throws <see cref="VaultFormatException"/> when it is malformed.</summary>
    internal static Operation ReadBody(string collection, string key, OperationKind kind, ref CborReader reader)
    {
        var replaces = new Dot[reader.ReadArray(MaxReplaces)];
        for (int i = 0; i < replaces.Length; i++)
        {
            replaces[i] = Dot.Read(ref reader);
            if (i > 0 && replaces[i].CompareTo(replaces[i - 1]) <= 0) throw new VaultFormatException("Replaced dots are not in order.");
        }

        HybridTimestamp? timestamp = reader.TryReadNull() ? null : new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        reader.ReadArrayOf(3);
        bool alive = reader.ReadUInt(1) == 1;
        var value = reader.TryReadNull() ? null : ItemValue.Read(ref reader);
        var cells = new CellWrite[reader.ReadArray(MaxCells)];
        for (int i = 0; i < cells.Length; i++)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(MaxNameBytes);
            cells[i] = new(path, reader.TryReadNull() ? null : ItemValue.Read(ref reader));
            if (path.Length == 0 || (i > 0 && string.CompareOrdinal(path, cells[i - 1].Path) <= 0)) throw new VaultFormatException("Cells are not in order.");
        }

        var metadata = reader.TryReadNull() ? null : Metadata.Read(ref reader);
        Id32? content = reader.TryReadNull() ? null : reader.ReadId32();
        if (kind == OperationKind.Delete && alive) throw new VaultFormatException("A delete leaves nothing alive.");
        if (kind == OperationKind.Put && !alive) throw new VaultFormatException("A put leaves the item alive.");
        if (!alive && (value is not null || content is not null)) throw new VaultFormatException("A deleted item has no value.");
        if (key.Length == 0 || collection.Length == 0) throw new VaultFormatException("A name is empty.");
        return new(collection, key, kind, replaces, timestamp, alive, value, cells, metadata, content);
    }
}
