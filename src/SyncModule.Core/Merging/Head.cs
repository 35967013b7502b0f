using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// One present version of one cell (format-1 §7): who wrote it, when, and what. Cell "" is the item itself; only there a head carries
/// metadata and content. In any other cell <see cref="Alive"/> just says that <see cref="Value"/> is set. Never changed once made.
/// </summary>
public sealed class Head
{
    internal Head(Dot dot, HybridTimestamp timestamp, DeviceId device, LogId log, ulong sequence, OperationKind kind, bool alive, ItemValue? value, Metadata? metadata, Id32? content)
    {
        Dot = dot;
        Timestamp = timestamp;
        Device = device;
        Log = log;
        Sequence = sequence;
        Kind = kind;
        Alive = alive;
        Value = value;
        Metadata = metadata;
        Content = content;
    }

    public Dot Dot { get; }

    /// <summary>The operation's own timestamp where it has one, else its commit's.</summary>
    public HybridTimestamp Timestamp { get; }

    public DeviceId Device { get; }

    public LogId Log { get; }

    /// <summary>Position of the commit in <see cref="Log"/>; with it a vector says whether the head is in somebody's past.</summary>
    public ulong Sequence { get; }

    public OperationKind Kind { get; }

    /// <summary>False = DEL.</summary>
    public bool Alive { get; }

    public ItemValue? Value { get; }

    public Metadata? Metadata { get; }

    /// <summary>MAC of the plaintext, the same for equal bytes however they are sealed.</summary>
    public Id32? Content { get; }

    /// <summary>Plain bytes of the value; 0 when there is none.</summary>
    public long Size => Value?.Length ?? 0;

    /// <summary>The head that an operation puts into the cell at <paramref name="path"/>, or null when it does not touch that cell.</summary>
    public static Head? Of(Operation operation, in OperationOrigin origin, string path)
    {
        if (path.Length == 0) return operation.TouchesItem ? ForItem(operation, origin) : null;
        foreach (var cell in operation.Cells)
        {
            if (string.Equals(cell.Path, path, StringComparison.Ordinal)) return ForCell(operation, origin, cell);
        }

        return null;
    }

    /// <summary>
    /// The order among concurrent heads: timestamp, device, commit, index (format-1 §7); above 0 when <paramref name="left"/> is greater.
    /// Total, because dots are unique.
    /// </summary>
    public static int CompareOrder(Head left, Head right)
    {
        int c = left.Timestamp.CompareTo(right.Timestamp);
        if (c == 0) c = left.Device.CompareTo(right.Device);
        return c != 0 ? c : left.Dot.CompareTo(right.Dot);
    }

    /// <summary>
    /// True when the two say the same, so they are no conflict: both DEL or both alive, equal content, and metadata equal but for times
    /// (format-1 §4). A value without a content MAC is compared itself. An equivalence: "differ" splits any set of heads into classes.
    /// </summary>
    public bool SameAs(Head other) =>
        Alive == other.Alive
        && Content == other.Content
        && (Content is not null || Equals(Value, other.Value))
        && Metadata.SameContent(Metadata, other.Metadata);

    internal static Head ForItem(Operation operation, in OperationOrigin origin) =>
        new(origin.Dot, operation.Timestamp ?? origin.CommitTimestamp, origin.Device, origin.Log, origin.Sequence, operation.Kind, operation.Alive, operation.Value?.InState(origin.Dot, operation.Content is not null), operation.Metadata, operation.Content);

    internal static Head ForCell(Operation operation, in OperationOrigin origin, CellWrite cell) =>
        new(origin.Dot, operation.Timestamp ?? origin.CommitTimestamp, origin.Device, origin.Log, origin.Sequence, operation.Kind, cell.Value is not null, cell.Value?.InState(origin.Dot, hasContent: false), null, null);

    /// <summary>The head that an `add` puts into each element that it names.</summary>
    internal static Head ForAddition(Operation operation, in OperationOrigin origin) =>
        new(origin.Dot, operation.Timestamp ?? origin.CommitTimestamp, origin.Device, origin.Log, origin.Sequence, operation.Kind, true, null, null, null);

    /// <summary>[dot, ts, device, log, seq, kind, alive 0|1, value or null, metadata or null, content or null]; of a long inline value only the length (docs/decisions/020)</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(10);
        Dot.Write(writer);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteId(Device);
        writer.WriteId(Log);
        writer.WriteUInt(Sequence);
        writer.WriteUInt((ulong)Kind);
        writer.WriteUInt(Alive ? 1u : 0u);
        if (Value is null) writer.WriteNull();
        else Value.WriteInState(writer);
        if (Metadata is null) writer.WriteNull();
        else Metadata.Write(writer);
        if (Content is { } content) writer.WriteId(content);
        else writer.WriteNull();
    }

    internal static Head Read(ref CborReader reader, string path)
    {
        reader.ReadArrayOf(10);
        var dot = Dot.Read(ref reader);
        var timestamp = new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        var device = reader.ReadId32();
        var log = reader.ReadId16();
        ulong sequence = reader.ReadUInt(CommitHeader.MaxSequence);
        var kind = (OperationKind)reader.ReadUInt(byte.MaxValue);
        bool alive = reader.ReadUInt(1) == 1;
        var value = reader.TryReadNull() ? null : ItemValue.ReadInState(ref reader, dot);
        var metadata = reader.TryReadNull() ? null : Metadata.Read(ref reader);
        Id32? content = reader.TryReadNull() ? null : reader.ReadId32();
        bool known = path.Length == 0 ? Operation.TouchesItemItself(kind) : Operation.TouchesItemItself(kind) || kind == OperationKind.SetCounter;
        if (sequence == 0 || !known) throw new VaultFormatException("A head is of no known kind.");
        if (!alive && (value is not null || content is not null)) throw new VaultFormatException("A deleted head has a value.");
        if (value is { IsDetached: true } && value.HasDigest == content is not null) throw new VaultFormatException("A detached value can be compared by its digest or by its content, not by both or none.");
        if (path.Length > 0 && (alive != value is not null || metadata is not null || content is not null)) throw new VaultFormatException("A cell's head has what only an item's head may have.");
        return new(dot, timestamp, device, log, sequence, kind, alive, value, metadata, content);
    }

    /// <summary>Reads the head of an element.</summary>
    internal static Head ReadAddition(ref CborReader reader)
    {
        reader.ReadArrayOf(10);
        var dot = Dot.Read(ref reader);
        var timestamp = new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        var (device, log) = (reader.ReadId32(), reader.ReadId16());
        ulong sequence = reader.ReadUInt(CommitHeader.MaxSequence);
        if (sequence == 0 || reader.ReadUInt(byte.MaxValue) != (ulong)OperationKind.Add || reader.ReadUInt(1) != 1) throw new VaultFormatException("An element's head is no addition.");
        for (int i = 0; i < 3; i++)
        {
            if (!reader.TryReadNull()) throw new VaultFormatException("An addition has a value.");
        }

        return new(dot, timestamp, device, log, sequence, OperationKind.Add, true, null, null, null);
    }
}
