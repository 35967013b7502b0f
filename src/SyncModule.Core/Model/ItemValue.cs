using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// A value in a cell: [0, bytes] up to 4 KiB, else [1, reference, length] (format-1 §4). A reference says how long the object is that
/// it names, which for a manifest is not the length of the value; so the value says its own (docs/decisions/004). In a cell, [3, base,
/// [[log, sum]…]] sets a counter (docs/decisions/085).
/// <para>In a state, and only there, more than 64 bytes of a value are not repeated: [2, length, digest or null] says that they stand in
/// the operation that the head's dot names (docs/decisions/020). Such a value is detached.</para>
/// </summary>
public sealed class ItemValue : IEquatable<ItemValue>
{
    /// <summary>Bytes that stand in the operation itself; longer values become objects.</summary>
    public const int MaxInline = 4096;

    /// <summary>Bytes that a state holds itself.</summary>
    public const int MaxInState = 64;

    // Most values are bytes, and a million of them may be on their way: the other two forms stand in an object of their own.
    private readonly ReadOnlyMemory<byte> _inline;
    private readonly object? _elsewhere;

    private ItemValue(ReadOnlyMemory<byte> inline, object? elsewhere, long length) => (_inline, _elsewhere, Length) = (inline, elsewhere, length);

    private sealed record InOperation(Dot Source, Id32? Digest);

    /// <summary>The value's bytes where it has no reference. Those of a detached value have to be read from its operation first.</summary>
    public ReadOnlyMemory<byte> Inline => IsDetached ? throw new InvalidOperationException("The value's bytes stand in its operation.") : _inline;

    public ObjectReference? Reference => _elsewhere is ObjectReference reference ? reference : null;

    /// <summary>What a counter is set to; null in every other value. It has no bytes.</summary>
    public CounterBase? Counter => _elsewhere as CounterBase;

    /// <summary>Plain bytes.</summary>
    public long Length { get; }

    /// <summary>True when the bytes stand in an operation and not here.</summary>
    public bool IsDetached => _elsewhere is InOperation;

    /// <summary>The operation that holds the bytes of a detached value; null where they are here.</summary>
    public Dot? Source => (_elsewhere as InOperation)?.Source;

    internal Id32? DetachedDigest => (_elsewhere as InOperation)?.Digest;

    internal bool HasDigest => _elsewhere is InOperation { Digest: not null };

    public static ItemValue FromBytes(ReadOnlyMemory<byte> bytes) => new(bytes, null, bytes.Length);

    /// <summary>A value of <paramref name="length"/> plain bytes that stands in objects.</summary>
    public static ItemValue FromReference(ObjectReference reference, long length) => new(default, reference, length);

    /// <summary>A counter that begins anew.</summary>
    public static ItemValue FromCounter(CounterBase counter) => new(default, counter, 0);

    /// <summary>A value of more than <see cref="MaxInState"/> bytes which somebody else keeps, who knows them by this dot; it stands in no operation and is never written down.</summary>
    public static ItemValue Elsewhere(Dot source, long length) => Detached(source, null, length);

    /// <summary>A value of <paramref name="length"/> bytes that stand in the operation with this dot.</summary>
    internal static ItemValue Detached(Dot source, Id32? digest, long length) =>
        length > MaxInState ? new(default, new InOperation(source, digest), length) : throw new VaultFormatException("A value that a state holds itself is detached.");

    /// <summary>Values are equal when their bytes or references are. Of a detached value without a digest only the operation is known.</summary>
    public bool Equals(ItemValue? other)
    {
        if (other is null || Reference != other.Reference || Length != other.Length || !Equals(Counter, other.Counter)) return false;
        if (!IsDetached && !other.IsDetached) return _inline.Span.SequenceEqual(other._inline.Span);
        return Digest() is { } mine && other.Digest() is { } theirs ? mine == theirs : Source == other.Source;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ItemValue);

    /// <inheritdoc/>
    public override int GetHashCode() => Reference?.GetHashCode() ?? (int)Length;

    /// <summary>The value as a state keeps it, of the operation with this dot. <paramref name="hasContent"/>: the head carries a MAC of the bytes, so no digest is needed to compare.</summary>
    internal ItemValue InState(Dot source, bool hasContent) =>
        _elsewhere is not null || Length <= MaxInState ? this : new(default, new InOperation(source, hasContent ? null : Digest()), Length);

    /// <summary>True when this detached value has the bytes of <paramref name="whole"/>, a value of the operation that it names.</summary>
    public bool IsDetachedFrom(ItemValue whole) => whole._elsewhere is null && whole.Length == Length && (!HasDigest || Digest() == whole.Digest());

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

        if (Counter is { } counter)
        {
            writer.WriteArray(3);
            writer.WriteUInt(3);
            counter.Write(writer);
            return;
        }

        writer.WriteArray(2);
        writer.WriteUInt(0);
        writer.WriteBytes(Inline.Span);
    }

    public static ItemValue Read(ref CborReader reader)
    {
        int fields = reader.ReadArray(3);
        return Read(ref reader, fields, reader.ReadUInt(3));
    }

    /// <summary>One encoded value, whole; with the dot of its operation as <see cref="InState"/> gives it, without a copy of what a state does not hold.</summary>
    internal static ItemValue Read(ReadOnlySpan<byte> encoded, Dot? state, bool hasContent)
    {
        var reader = new CborReader(encoded);
        int fields = reader.ReadArray(3);
        ulong form = reader.ReadUInt(3);
        if (state is not { } source || form != 0 || fields != 2) return Read(ref reader, fields, form);
        var bytes = reader.ReadBytes(MaxInline);
        return bytes.Length <= MaxInState ? FromBytes(bytes.ToArray()) : new(default, new InOperation(source, hasContent ? null : Encoding.Digest.Hash(bytes)), bytes.Length);
    }

    /// <summary>Writes what <see cref="InState"/> gave.</summary>
    internal void WriteInState(CborWriter writer)
    {
        if (!IsDetached)
        {
            Write(writer);
            return;
        }

        writer.WriteArray(3);
        writer.WriteUInt(2);
        writer.WriteUInt((ulong)Length);
        if (Digest() is { } digest) writer.WriteId(digest);
        else writer.WriteNull();
    }

    /// <summary>Reads what <see cref="WriteInState"/> wrote for a head with this dot.</summary>
    internal static ItemValue ReadInState(ref CborReader reader, Dot source)
    {
        int fields = reader.ReadArray(3);
        ulong form = reader.ReadUInt(3);
        if (form != 2) return Read(ref reader, fields, form);
        if (fields != 3) throw new VaultFormatException("A value has the wrong shape.");
        ulong length = reader.ReadUInt(MaxInline);
        return Detached(source, reader.TryReadNull() ? null : reader.ReadId32(), (long)length);
    }

    private static ItemValue Read(ref CborReader reader, int fields, ulong form)
    {
        if (form == 0)
        {
            if (fields != 2) throw new VaultFormatException("A value has the wrong shape.");
            return FromBytes(reader.ReadBytes(MaxInline).ToArray());
        }

        if (fields != 3 || form == 2) throw new VaultFormatException("A value has the wrong shape.");
        if (form == 3) return FromCounter(CounterBase.Read(ref reader));
        var reference = ObjectReference.Read(ref reader);
        if (reference.Kind is not (ObjectKind.Chunk or ObjectKind.Manifest)) throw new VaultFormatException("A value is made of chunks.");
        return FromReference(reference, (long)reader.ReadUInt(Manifest.MaxTotalLength));
    }

    private Id32? Digest() => _elsewhere is InOperation detached ? detached.Digest : Encoding.Digest.Hash(_inline.Span);
}
