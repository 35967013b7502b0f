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

    /// <summary>The value of this operation that a detached one of a state stands for; null when it is none of them.</summary>
    public ItemValue? WholeOf(ItemValue detached)
    {
        if (Value is { } own && detached.IsDetachedFrom(own)) return own;
        foreach (var cell in Cells)
        {
            if (cell.Value is { } value && detached.IsDetachedFrom(value)) return value;
        }

        return null;
    }

    /// <summary>The same with its values as a state keeps them: enough to fold it, and small.</summary>
    public Operation InState(Dot dot)
    {
        var value = Value?.InState(dot, Content is not null);
        var operation = ReferenceEquals(value, Value) ? this : this with { Value = value };
        return Cells.Count == 0 ? operation : operation with { Cells = [.. Cells.Select(c => c with { Value = c.Value?.InState(dot, hasContent: false) })] };
    }

    /// <summary>True when some value is detached: it has to be <see cref="Attached"/> before it is written.</summary>
    public bool HasDetached => Value is { IsDetached: true } || (Cells.Count > 0 && Cells.Any(c => c.Value is { IsDetached: true }));

    /// <summary>The same with whole values: <paramref name="whole"/> gives the one that a detached value stands for. Only such an operation can be written.</summary>
    public Operation Attached(Func<ItemValue, ItemValue> whole)
    {
        var operation = Value is { IsDetached: true } ? this with { Value = whole(Value) } : this;
        if (Cells.Count == 0 || !Cells.Any(c => c.Value is { IsDetached: true })) return operation;
        return operation with { Cells = [.. Cells.Select(c => c.Value is { IsDetached: true } ? c with { Value = whole(c.Value) } : c)] };
    }

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

    /// <summary>Reads a put, delete or resolve behind its kind; with a dot its values are those of a state. Throws <see cref="VaultFormatException"/> when it is malformed.</summary>
    internal static Operation ReadBody(string collection, string key, OperationKind kind, ref CborReader reader, Dot? state)
    {
        int replaced = reader.ReadArray(MaxReplaces);
        var replaces = replaced == 0 ? [] : new Dot[replaced];
        for (int i = 0; i < replaces.Length; i++)
        {
            replaces[i] = Dot.Read(ref reader);
            if (i > 0 && replaces[i].CompareTo(replaces[i - 1]) <= 0) throw new VaultFormatException("Replaced dots are not in order.");
        }

        HybridTimestamp? timestamp = reader.TryReadNull() ? null : new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        reader.ReadArrayOf(3);
        bool alive = reader.ReadUInt(1) == 1;
        // Whether a state needs a digest of the value is known only behind it.
        var encoded = reader.TryReadNull() ? default : reader.ReadEncoded();
        int written = reader.ReadArray(MaxCells);
        var cells = written == 0 ? [] : new CellWrite[written];
        for (int i = 0; i < cells.Length; i++)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(MaxNameBytes);
            cells[i] = new(path, reader.TryReadNull() ? null : ItemValue.Read(reader.ReadEncoded(), state, hasContent: false));
            if (path.Length == 0 || (i > 0 && string.CompareOrdinal(path, cells[i - 1].Path) <= 0)) throw new VaultFormatException("Cells are not in order.");
        }

        var metadata = reader.TryReadNull() ? null : Metadata.Read(ref reader);
        Id32? content = reader.TryReadNull() ? null : reader.ReadId32();
        var value = encoded.IsEmpty ? null : ItemValue.Read(encoded, state, content is not null);
        if (kind == OperationKind.Delete && alive) throw new VaultFormatException("A delete leaves nothing alive.");
        if (kind == OperationKind.Put && !alive) throw new VaultFormatException("A put leaves the item alive.");
        if (!alive && (value is not null || content is not null)) throw new VaultFormatException("A deleted item has no value.");
        if (key.Length == 0 || collection.Length == 0) throw new VaultFormatException("A name is empty.");
        return new(collection, key, kind, replaces, timestamp, alive, value, cells, metadata, content);
    }
}
