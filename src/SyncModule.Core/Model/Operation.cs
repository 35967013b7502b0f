using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>Kinds of data operations (format-1 §4).</summary>
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
/// <param name="Path">A JSON pointer where the item has fields.</param>
/// <param name="Value">Null = DEL.</param>
/// <param name="Stood">Which of the replaced versions stood in this cell, as places in `replaces`, ascending; null = all that touch it.</param>
public sealed record CellWrite(string Path, ItemValue? Value, IReadOnlyList<int>? Stood = null);

/// <summary>
/// One change of one item: [collection, key, kind, replaces, ts or null, payload, metadata or null, content or null] (format-1 §4).
/// The payload of put, delete, resolve, patch, set-counter and policy is [alive 0|1, value or null, [[path, value or null, stood?]…], stood?]. It lists
/// every cell that the operation touches besides "", so the set of touched cells is a function of the operation alone and folds of
/// concurrent operations commute (docs/decisions/003). That of the other kinds is their <see cref="Detail"/>; they touch no cell. Policies and
/// trees that go belong to the collection and not to an item: their key is "".
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

    /// <summary>The payload of inc, add, remove, rmtree, own and checkpoint; null in every other kind.</summary>
    public OperationDetail? Detail { get; init; }

    /// <summary>The generation of its unit that the author writes under (format-1 §9); null where nobody owned the item. A ninth element of the operation.</summary>
    public Dot? Generation { get; init; }

    /// <summary>The same for cell "" as <see cref="CellWrite.Stood"/>: a version that still stands in some field need not stand in the item itself (docs/decisions/085).</summary>
    public IReadOnlyList<int>? Stood { get; init; }

    /// <summary>UTF-8 bytes of a key, a collection name or a cell's path.</summary>
    public const int MaxNameBytes = 4096;

    /// <summary>Cells that one operation touches.</summary>
    public const int MaxCells = 65_536;

    /// <summary>False for one with more parts than a reader takes.</summary>
    public bool IsWithinLimits => Cells.Count <= MaxCells && Detail is not { IsWithinLimits: false };

    /// <summary>Whether it writes a head into cell "": increments, elements and trees leave the item itself alone (format-1 §7).</summary>
    public bool TouchesItem => TouchesItemItself(Kind);

    internal static bool TouchesItemItself(OperationKind kind) => kind is OperationKind.Put or OperationKind.Delete or OperationKind.Resolve or OperationKind.Patch or OperationKind.Policy;

    /// <summary>Whether an operation of this kind is understood here.</summary>
    internal static bool IsKnown(ulong kind) => kind is >= (ulong)OperationKind.Put and <= (ulong)OperationKind.Checkpoint;

    /// <summary>Whether the payload is [alive, value, cells].</summary>
    private static bool WritesCells(OperationKind kind) => TouchesItemItself(kind) || kind == OperationKind.SetCounter;

    // A policy, a tree, an owner or a checkpoint is of the collection, everything else of an item.
    private static bool IsOfCollection(OperationKind kind) => kind is OperationKind.Policy or OperationKind.RemoveTree or OperationKind.Own or OperationKind.Checkpoint;

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
        writer.WriteArray(Generation is null ? 8 : 9);
        writer.WriteText(Collection);
        writer.WriteText(Key);
        writer.WriteUInt((ulong)Kind);
        writer.WriteArray(Replaces.Count);
        foreach (var dot in Replaces) dot.Write(writer);
        if (Timestamp is { } timestamp) writer.WriteUInt(timestamp.Value);
        else writer.WriteNull();
        if (Detail is null) WriteCells(writer);
        else Detail.Write(writer);
        if (Metadata is null) writer.WriteNull();
        else Metadata.Write(writer);
        if (Content is { } content) writer.WriteId(content);
        else writer.WriteNull();
        Generation?.Write(writer);
    }

    private void WriteCells(CborWriter writer)
    {
        writer.WriteArray(Stood is null ? 3 : 4);
        writer.WriteUInt(Alive ? 1u : 0u);
        if (Value is null) writer.WriteNull();
        else Value.Write(writer);
        writer.WriteArray(Cells.Count);
        foreach (var cell in Cells)
        {
            writer.WriteArray(cell.Stood is null ? 2 : 3);
            writer.WriteText(cell.Path);
            if (cell.Value is null) writer.WriteNull();
            else cell.Value.Write(writer);
            WriteStood(writer, cell.Stood);
        }

        WriteStood(writer, Stood);
    }

    private static Dot ReadGeneration(string key, ref CborReader reader) =>
        key.Length > 0 ? Dot.Read(ref reader) : throw new VaultFormatException("What is of a collection is written under no generation.");

    private static void WriteStood(CborWriter writer, IReadOnlyList<int>? stood)
    {
        if (stood is null) return;
        writer.WriteArray(stood.Count);
        foreach (int place in stood) writer.WriteUInt((ulong)place);
    }

    private static int[] ReadStood(ref CborReader reader, int replaced)
    {
        var stood = new int[reader.ReadArray(replaced)];
        for (int i = 0; i < stood.Length; i++)
        {
            stood[i] = (int)reader.ReadUInt((ulong)Math.Max(0, replaced - 1));
            if (i > 0 && stood[i] <= stood[i - 1]) throw new VaultFormatException("Places of versions are not in order.");
        }

        return stood;
    }

    /// <summary>Reads an operation of a known kind behind that kind; with a dot its values are those of a state. Throws <see cref="VaultFormatException"/> when it is malformed.</summary>
    internal static Operation ReadBody(string collection, string key, OperationKind kind, ref CborReader reader, Dot? state, bool hasGeneration)
    {
        int replaced = reader.ReadArray(MaxReplaces);
        var replaces = replaced == 0 ? [] : new Dot[replaced];
        for (int i = 0; i < replaces.Length; i++)
        {
            replaces[i] = Dot.Read(ref reader);
            if (i > 0 && replaces[i].CompareTo(replaces[i - 1]) <= 0) throw new VaultFormatException("Replaced dots are not in order.");
        }

        HybridTimestamp? timestamp = reader.TryReadNull() ? null : new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        if (key.Length == 0 != IsOfCollection(kind) || collection.Length == 0) throw new VaultFormatException("A name is empty, or of what has none.");
        if (!WritesCells(kind))
        {
            var detail = OperationDetail.Read(kind, ref reader);
            if (!reader.TryReadNull() || !reader.TryReadNull()) throw new VaultFormatException("An operation of this kind has neither metadata nor content.");
            return new(collection, key, kind, replaces, timestamp, false, null, [], null, null) { Detail = detail, Generation = hasGeneration ? ReadGeneration(key, ref reader) : null };
        }

        int parts = reader.ReadArray(4);
        if (parts < 3) throw new VaultFormatException("An operation has the wrong shape.");
        bool alive = reader.ReadUInt(1) == 1;
        // Whether a state needs a digest of the value is known only behind it.
        var encoded = reader.TryReadNull() ? default : reader.ReadEncoded();
        int written = reader.ReadArray(MaxCells);
        var cells = written == 0 ? [] : new CellWrite[written];
        for (int i = 0; i < cells.Length; i++)
        {
            int fields = reader.ReadArray(3);
            if (fields < 2) throw new VaultFormatException("A cell has the wrong shape.");
            string path = reader.ReadText(MaxNameBytes);
            var cell = reader.TryReadNull() ? null : ItemValue.Read(reader.ReadEncoded(), state, hasContent: false);
            cells[i] = new(path, cell, fields == 3 ? ReadStood(ref reader, replaces.Length) : null);
            if (path.Length == 0 || (i > 0 && string.CompareOrdinal(path, cells[i - 1].Path) <= 0)) throw new VaultFormatException("Cells are not in order.");
        }

        int[]? stood = parts == 4 ? ReadStood(ref reader, replaces.Length) : null;
        var metadata = reader.TryReadNull() ? null : Metadata.Read(ref reader);
        Id32? content = reader.TryReadNull() ? null : reader.ReadId32();
        Dot? generation = hasGeneration ? ReadGeneration(key, ref reader) : null;
        var value = encoded.IsEmpty ? null : ItemValue.Read(encoded, state, content is not null);
        if (kind == OperationKind.Delete && alive) throw new VaultFormatException("A delete leaves nothing alive.");
        if (kind is not (OperationKind.Delete or OperationKind.Resolve) && !alive) throw new VaultFormatException("An operation of this kind leaves the item alive.");
        if (kind is OperationKind.Patch or OperationKind.SetCounter or OperationKind.Policy && (value is not null || content is not null)) throw new VaultFormatException("An operation of this kind writes cells only.");
        if (value is { Counter: not null }) throw new VaultFormatException("An item itself is no counter.");
        if (kind == OperationKind.SetCounter && (metadata is not null || cells.Length == 0 || cells.Any(c => c.Value is not { Counter: not null }))) throw new VaultFormatException("A counter is set to a number.");
        if (!alive && (value is not null || content is not null)) throw new VaultFormatException("A deleted item has no value.");
        return new(collection, key, kind, replaces, timestamp, alive, value, cells, metadata, content) { Stood = stood, Generation = generation };
    }
}
