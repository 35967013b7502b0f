using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>Numbers that stand for the origin of commits, (device, log), in rows of one index: a number is given once and never means another origin there.</summary>
public interface IOriginNumbers
{
    /// <summary>The number of an origin; a new one when it has none yet.</summary>
    int NumberOf(DeviceId device, LogId log);

    /// <summary>Throws <see cref="VaultFormatException"/> for a number that was never given.</summary>
    (DeviceId Device, LogId Log) OriginOf(int number);
}

/// <summary>
/// States as rows of an index: the same as <see cref="KeyState.Write"/> says, in half the bytes. Only the index of one folder reads what
/// is written here, so it may change whenever an index is made anew; nothing is signed, sent or compared in this form. Names stand first,
/// so that a list can be put in order without reading the rest. One thread at a time.
/// <para>Row = flags u8 ‖ collection ‖ key ‖ cells [path ‖ heads [commit 32 ‖ index ‖ timestamp u64 ‖ origin ‖ sequence ‖ head flags u8 ‖
/// other kind u8? ‖ value ‖ digest 32? ‖ content 32? ‖ metadata?]] ‖ extras?; numbers and lengths in groups of 7 bits, least first, text and metadata behind their length.</para>
/// </summary>
public sealed class StateRows(IOriginNumbers origins)
{
    /// <summary>Some head is alive: see <see cref="KeyState.IsOnlyDeleted"/>.</summary>
    private const byte HasLife = 1;

    /// <summary>Behind the cells stand counters, sets and trees, as in <see cref="KeyState.Write"/>.</summary>
    private const byte HasExtras = 2;

    /// <summary>Behind those, generations.</summary>
    private const byte HasGenerations = 4;

    private const byte KnownFlags = HasLife | HasExtras | HasGenerations;

    // A kind that two bits do not name, or a counter for a value, stands in a byte behind the flags.
    private const int OtherKind = 3, OtherKindMask = 15, CounterValue = 16;
    private const int KindMask = 3, Alive = 4, FormShift = 3, FormMask = 3, HasDigest = 32, HasContent = 64, HasMetadata = 128;
    private const int NoValue = 0, InlineValue = 1, ReferenceValue = 2, DetachedValue = 3;
    private const int MostNumberBytes = 10;
    private const int MostHeadBytes = (3 * Id32.Size) + sizeof(ulong) + 2 + (6 * MostNumberBytes);
    private const int MostValueBytes = 1 + (2 * Id32.Size) + (3 * MostNumberBytes);
    private const int MaxMetadataBytes = 16 << 20;

    /// <summary>Of bytes that stand elsewhere nothing is allocated; those of an operation are fewer (<see cref="ItemValue.MaxInline"/>).</summary>
    private const long MaxDetached = 1L << 40;

    private readonly CborWriter _metadata = new();
    private byte[] _lastCollection = [];
    private string _lastCollectionText = "";

    /// <summary>Appends the row of a state.</summary>
    public void Write(KeyState state, IBufferWriter<byte> destination)
    {
        var span = destination.GetSpan(1 + Room(state.Collection) + Room(state.Key) + MostNumberBytes);
        span[0] = (byte)((state.IsOnlyDeleted ? 0 : HasLife) | (state.Extras is null ? 0 : HasExtras) | (state.Generations.Count == 0 ? 0 : HasGenerations));
        int at = 1;
        Text(span, ref at, state.Collection);
        Text(span, ref at, state.Key);
        Number(span, ref at, (ulong)state.Cells.Count);
        destination.Advance(at);
        foreach (var cell in state.Cells)
        {
            span = destination.GetSpan(Room(cell.Path) + MostNumberBytes);
            at = 0;
            Text(span, ref at, cell.Path);
            Number(span, ref at, (ulong)cell.Heads.Count);
            destination.Advance(at);
            foreach (var head in cell.Heads) WriteHead(head.Dot, head.Timestamp, head.Device, head.Log, head.Sequence, head.Kind, head.Alive, head.Value, head.Metadata, head.Content, destination);
        }

        if (state.Extras is null) return;
        _metadata.Clear();
        KeyExtras.Write(state.Extras, _metadata);
        destination.Write(_metadata.Written);
    }

    /// <summary>Appends the row of the state that an operation makes of a key that was never written: what <see cref="Folding.Apply"/> would give, without making it.</summary>
    public void WriteFirst(Operation operation, in OperationOrigin origin, IBufferWriter<byte> destination)
    {
        if (operation.Detail is not null || !operation.TouchesItem)
        {
            Write(Folding.Apply(null, operation, origin), destination);
            return;
        }

        bool alive = operation.Alive;
        foreach (var cell in operation.Cells) alive |= cell.Value is not null;
        var span = destination.GetSpan(1 + Room(operation.Collection) + Room(operation.Key) + (3 * MostNumberBytes));
        span[0] = alive ? HasLife : (byte)0;
        int at = 1;
        Text(span, ref at, operation.Collection);
        Text(span, ref at, operation.Key);
        Number(span, ref at, (ulong)operation.Cells.Count + 1);
        Number(span, ref at, 0);
        Number(span, ref at, 1);
        destination.Advance(at);
        var timestamp = operation.Timestamp ?? origin.CommitTimestamp;
        WriteHead(origin.Dot, timestamp, origin.Device, origin.Log, origin.Sequence, operation.Kind, operation.Alive, operation.Value?.InState(origin.Dot, operation.Content is not null), operation.Metadata, operation.Content, destination);
        foreach (var cell in operation.Cells)
        {
            span = destination.GetSpan(Room(cell.Path) + MostNumberBytes);
            at = 0;
            Text(span, ref at, cell.Path);
            Number(span, ref at, 1);
            destination.Advance(at);
            WriteHead(origin.Dot, timestamp, origin.Device, origin.Log, origin.Sequence, operation.Kind, cell.Value is not null, cell.Value?.InState(origin.Dot, hasContent: false), null, null, destination);
        }
    }

    /// <summary>The state of a row. Throws <see cref="VaultFormatException"/> for anything that <see cref="Write"/> would not have written.</summary>
    public KeyState Read(ReadOnlySpan<byte> row)
    {
        var rest = row;
        byte flags = Byte(ref rest);
        CheckFlags(flags);
        string collection = Collection(Bytes(ref rest, Operation.MaxNameBytes));
        string key = Text(Bytes(ref rest, Operation.MaxNameBytes));
        if (collection.Length == 0) throw new VaultFormatException("A name is empty.");
        var cells = new Cell[Count(ref rest)];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = ReadCell(ref rest);
            if (i > 0 && string.CompareOrdinal(cells[i].Path, cells[i - 1].Path) <= 0) throw new VaultFormatException("A state's cells are not in order.");
        }

        if ((flags & (HasExtras | HasGenerations)) == HasGenerations) throw new VaultFormatException("The state's format is unknown.");
        if ((flags & HasExtras) == 0) return rest.IsEmpty ? new(collection, key, cells) : throw new VaultFormatException("Bytes follow the end.");
        var reader = new CborReader(rest);
        var extras = KeyExtras.Read(ref reader, (flags & HasGenerations) != 0) ?? throw new VaultFormatException("A state has nothing besides its cells.");
        reader.Finish();
        return new(collection, key, cells, extras);
    }

    /// <summary>False where nothing but deletions is left: see <see cref="KeyState.IsOnlyDeleted"/>.</summary>
    public static bool IsAnyAlive(ReadOnlySpan<byte> row) => !row.IsEmpty && (row[0] & HasLife) != 0;

    /// <summary>The names in a row, in UTF-8, without reading what follows: collection, then key.</summary>
    public static ReadOnlySpan<byte> Names(ReadOnlySpan<byte> row, out ReadOnlySpan<byte> key)
    {
        var rest = row;
        CheckFlags(Byte(ref rest));
        var collection = Bytes(ref rest, Operation.MaxNameBytes);
        key = Bytes(ref rest, Operation.MaxNameBytes);
        return collection;
    }

    private void WriteHead(in Dot dot, HybridTimestamp timestamp, in DeviceId device, LogId log, ulong sequence, OperationKind kind, bool alive, ItemValue? value, Metadata? metadata, in Id32? content, IBufferWriter<byte> destination)
    {
        int form = value switch { null => NoValue, { IsDetached: true } => DetachedValue, { Reference: not null } => ReferenceValue, { Counter: not null } => NoValue, _ => InlineValue };
        var inline = form == InlineValue ? value!.Inline.Span : [];
        if (value?.Counter is { } counter)
        {
            _metadata.Clear(); // no cell with a counter has metadata
            counter.Write(_metadata);
            inline = _metadata.Written;
        }

        var digest = form == DetachedValue ? value!.DetachedDigest : null;
        if (metadata is not null)
        {
            _metadata.Clear();
            metadata.Write(_metadata);
        }

        var span = destination.GetSpan(MostHeadBytes + MostValueBytes + inline.Length + (metadata is null ? 0 : _metadata.Length));
        dot.Commit.CopyTo(span);
        int at = Id32.Size;
        Number(span, ref at, (ulong)dot.Index);
        BinaryPrimitives.WriteUInt64BigEndian(span[at..], timestamp.Value);
        at += sizeof(ulong);
        Number(span, ref at, (ulong)origins.NumberOf(device, log));
        Number(span, ref at, sequence);
        bool isOther = (int)kind > KindMask || value?.Counter is not null;
        span[at++] = (byte)((isOther ? OtherKind : (int)kind - 1) | (alive ? Alive : 0) | (form << FormShift) | (digest is null ? 0 : HasDigest) | (content is null ? 0 : HasContent) | (metadata is null ? 0 : HasMetadata));
        if (isOther) span[at++] = (byte)((int)kind | (value?.Counter is null ? 0 : CounterValue));
        if (value?.Counter is not null) Bytes(span, ref at, inline);
        switch (form)
        {
            case InlineValue:
                Bytes(span, ref at, inline);
                break;
            case ReferenceValue:
                var reference = value!.Reference!.Value;
                Id(span, ref at, reference.Address);
                Id(span, ref at, reference.Key);
                span[at++] = (byte)reference.Kind;
                Number(span, ref at, (ulong)reference.Length);
                Number(span, ref at, (ulong)value.Length);
                break;
            case DetachedValue:
                Number(span, ref at, (ulong)value!.Length);
                break;
        }

        if (digest is { } known) Id(span, ref at, known);
        if (content is { } mac) Id(span, ref at, mac);
        if (metadata is not null) Bytes(span, ref at, _metadata.Written);
        destination.Advance(at);
    }

    private Cell ReadCell(scoped ref ReadOnlySpan<byte> rest)
    {
        var pathBytes = Bytes(ref rest, Operation.MaxNameBytes);
        string path = pathBytes.IsEmpty ? "" : Text(pathBytes);
        var heads = new Head[Count(ref rest)];
        if (heads.Length == 0) throw new VaultFormatException("A cell has no head.");
        for (int i = 0; i < heads.Length; i++)
        {
            heads[i] = ReadHead(ref rest);
            if (i > 0 && heads[i].Dot.CompareTo(heads[i - 1].Dot) <= 0) throw new VaultFormatException("A cell's heads are not in order.");
        }

        return new(path, heads);
    }

    private Head ReadHead(scoped ref ReadOnlySpan<byte> rest)
    {
        var dot = new Dot(new Id32(Take(ref rest, Id32.Size)), (int)Number(ref rest, (Dot.MaxBlocks * Dot.BlockStride) - 1));
        var timestamp = new HybridTimestamp(BinaryPrimitives.ReadUInt64BigEndian(Take(ref rest, sizeof(ulong))));
        var (device, log) = origins.OriginOf((int)Number(ref rest, int.MaxValue));
        ulong sequence = Number(ref rest, CommitHeader.MaxSequence);
        int flags = Byte(ref rest);
        int other = (flags & KindMask) == OtherKind ? Byte(ref rest) : 0;
        var kind = (OperationKind)(other == 0 ? (flags & KindMask) + 1 : other & OtherKindMask);
        bool counts = (other & CounterValue) != 0;
        if ((other & ~(OtherKindMask | CounterValue)) != 0 || (other != 0 && !counts && (int)kind <= KindMask) || !(Operation.TouchesItemItself(kind) || kind == OperationKind.SetCounter) || timestamp.Value >= HybridTimestamp.Limit || sequence == 0) throw new VaultFormatException("A head is of no known kind.");
        int form = (flags >> FormShift) & FormMask;
        bool alive = (flags & Alive) != 0;
        if (counts && (form != NoValue || !alive || (flags & (HasContent | HasMetadata)) != 0)) throw new VaultFormatException("A counter has another value.");
        if ((!alive && (form != NoValue || (flags & HasContent) != 0)) || (form != DetachedValue && (flags & HasDigest) != 0)) throw new VaultFormatException("A head has what its kind does not have.");
        var value = counts ? ReadCounter(Bytes(ref rest, MaxMetadataBytes)) : ReadValue(ref rest, form, (flags & HasDigest) != 0, dot);
        Id32? content = (flags & HasContent) != 0 ? new Id32(Take(ref rest, Id32.Size)) : null;
        return new(dot, timestamp, device, log, sequence, kind, alive, value, (flags & HasMetadata) != 0 ? ReadMetadata(Bytes(ref rest, MaxMetadataBytes)) : null, content);
    }

    private static ItemValue? ReadValue(scoped ref ReadOnlySpan<byte> rest, int form, bool hasDigest, Dot dot)
    {
        switch (form)
        {
            case InlineValue:
                return ItemValue.FromBytes(Bytes(ref rest, ItemValue.MaxInline).ToArray());
            case ReferenceValue:
                var (address, key) = (new Id32(Take(ref rest, Id32.Size)), new Id32(Take(ref rest, Id32.Size)));
                var kind = (ObjectKind)Byte(ref rest);
                if (kind is not (ObjectKind.Chunk or ObjectKind.Manifest)) throw new VaultFormatException("A value is made of chunks.");
                var reference = new ObjectReference(address, key, kind, (long)Number(ref rest, ObjectReference.MaxLength));
                return ItemValue.FromReference(reference, (long)Number(ref rest, Manifest.MaxTotalLength));
            case DetachedValue:
                long length = (long)Number(ref rest, MaxDetached);
                return ItemValue.Detached(dot, hasDigest ? new Id32(Take(ref rest, Id32.Size)) : null, length);
            default:
                return null;
        }
    }

    private static ItemValue ReadCounter(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        var counter = CounterBase.Read(ref reader);
        reader.Finish();
        return ItemValue.FromCounter(counter);
    }

    private static Metadata ReadMetadata(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        var metadata = Metadata.Read(ref reader);
        reader.Finish();
        return metadata;
    }

    // Few collections, many items: one string serves all rows of a collection that are read in a row.
    private string Collection(ReadOnlySpan<byte> bytes)
    {
        if (bytes.SequenceEqual(_lastCollection)) return _lastCollectionText;
        (_lastCollection, _lastCollectionText) = (bytes.ToArray(), Text(bytes));
        return _lastCollectionText;
    }

    private static int Room(string text) => MostNumberBytes + (3 * text.Length);

    private static void Text(Span<byte> span, ref int at, string text)
    {
        int length = CborWriter.StrictUtf8.GetByteCount(text);
        Number(span, ref at, (ulong)length);
        at += CborWriter.StrictUtf8.GetBytes(text, span[at..]);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return CborWriter.StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new VaultFormatException("Text is not UTF-8.");
        }
    }

    private static void Bytes(Span<byte> span, ref int at, ReadOnlySpan<byte> bytes)
    {
        Number(span, ref at, (ulong)bytes.Length);
        bytes.CopyTo(span[at..]);
        at += bytes.Length;
    }

    private static void Id(Span<byte> span, ref int at, in Id32 id)
    {
        id.CopyTo(span[at..]);
        at += Id32.Size;
    }

    private static void Number(Span<byte> span, ref int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7) span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
    }

    private static ulong Number(scoped ref ReadOnlySpan<byte> rest, ulong max)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Byte(ref rest);
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value <= max ? value : throw new VaultFormatException("A number is above its limit.");
        }

        throw new VaultFormatException("A number is above its limit.");
    }

    // Each item takes at least a byte, so a count above what is left is none.
    private static int Count(scoped ref ReadOnlySpan<byte> rest)
    {
        ulong count = Number(ref rest, int.MaxValue);
        return count <= (ulong)rest.Length ? (int)count : throw End();
    }

    private static ReadOnlySpan<byte> Bytes(scoped ref ReadOnlySpan<byte> rest, int max) => Take(ref rest, (int)Number(ref rest, (ulong)max));

    private static byte Byte(scoped ref ReadOnlySpan<byte> rest) => Take(ref rest, 1)[0];

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest, int length)
    {
        if (length > rest.Length) throw End();
        var bytes = rest[..length];
        rest = rest[length..];
        return bytes;
    }

    private static void CheckFlags(byte flags)
    {
        if ((flags & ~KnownFlags) != 0) throw new VaultFormatException("The state's format is unknown.");
    }

    private static VaultFormatException End() => new("The input ends too early.");
}
