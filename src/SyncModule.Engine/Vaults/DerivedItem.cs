using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>An item that was computed on this device, as its row of local.db holds it: CBOR [1, key, metadata or null, bytes].</summary>
internal sealed record DerivedItem(string Key, Metadata? Metadata, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Bytes of one value: it stands in one row and has no objects.</summary>
    public const int MaxBytes = 1 << 20;

    private const int MaxMetadataBytes = 64 << 10;

    /// <exception cref="SyncException"><see cref="SyncErrors.NameInvalid"/>, <see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public static DerivedItem Checked(string key, Metadata? metadata, ReadOnlyMemory<byte> bytes)
    {
        string name = ItemName.Check(key);
        if (bytes.Length > MaxBytes || metadata?.LargestSize > MaxMetadataBytes)
            throw SyncErrors.ValueTooLarge.WithStep($"'{name}' has {bytes.Length} bytes; {MaxBytes} are allowed in a collection that is computed", "Compute several items of it.");
        return new(name, metadata, bytes);
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        writer.WriteUInt(1);
        writer.WriteText(Key);
        if (Metadata is null) writer.WriteNull();
        else Metadata.Write(writer);
        writer.WriteBytes(Bytes.Span);
    }

    /// <exception cref="VaultFormatException">It is none.</exception>
    public static DerivedItem Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(4);
        if (reader.ReadUInt() != 1) throw new VaultFormatException("A computed item has an unknown shape.");
        string key = reader.ReadText(Operation.MaxNameBytes);
        var metadata = reader.TryReadNull() ? null : Metadata.Read(ref reader);
        byte[] bytes = reader.ReadBytes(MaxBytes).ToArray();
        reader.Finish();
        return new(key, metadata, bytes);
    }

    /// <summary>The write that would have made it, so that it reads like any item; its bytes stay in its row (see <see cref="LocalDots"/>).</summary>
    public Operation ToOperation(string collection, Dot dot) =>
        Writes.Put(null, collection, Key, Bytes.Length > ItemValue.MaxInState ? ItemValue.Elsewhere(dot, Bytes.Length) : ItemValue.FromBytes(Bytes), metadata: Metadata);
}

/// <summary>
/// What stands for the content of a computed collection: CBOR [1, name, generation, items, when it was made, the vector that was applied when its making began]. It is
/// replaced by one transaction, and with it the content as a whole.
/// </summary>
internal sealed record DerivedHead(string Collection, int Generation, long Items, HybridTimestamp Made, VersionVector From)
{
    public byte[] Encode()
    {
        var writer = new CborWriter();
        writer.WriteArray(6);
        writer.WriteUInt(1);
        writer.WriteText(Collection);
        writer.WriteUInt((ulong)Generation);
        writer.WriteUInt((ulong)Items);
        writer.WriteUInt(Made.Value);
        From.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="VaultFormatException">It is none.</exception>
    public static DerivedHead Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(6);
        if (reader.ReadUInt() != 1) throw new VaultFormatException("What stands for a computed collection has an unknown shape.");
        var head = new DerivedHead(reader.ReadText(Operation.MaxNameBytes), (int)reader.ReadUInt(LocalDots.MostGenerations), (long)reader.ReadUInt(long.MaxValue), new(reader.ReadUInt(HybridTimestamp.Limit - 1)), VersionVector.Read(ref reader));
        reader.Finish();
        return head;
    }
}
