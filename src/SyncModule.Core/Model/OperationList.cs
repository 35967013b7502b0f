using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>What a place in a block turned out to hold.</summary>
public enum OperationStatus
{
    /// <summary>Understood.</summary>
    Known,

    /// <summary>Broken under a known format: it counts in the chain and has no effect, everywhere alike (format-1 §4).</summary>
    Malformed,

    /// <summary>Of a newer version: the log is parked here.</summary>
    Unknown,
}

/// <summary>One place in a block. <see cref="Operation"/> is set iff the status is Known.</summary>
public readonly record struct DecodedOperation(OperationStatus Status, Operation? Operation);

/// <summary>The plain content of a data block: a CBOR array of operations, at most 65,536 and 15 MiB (format-1 §3).</summary>
public static class OperationList
{
    /// <summary>Plain bytes of one block.</summary>
    public const int MaxBytes = 15 << 20;

    public static byte[] Encode(IReadOnlyList<Operation> operations)
    {
        var writer = new CborWriter(operations.Count * 160);
        Write(writer, operations);
        return writer.ToArray();
    }

    /// <summary>The same into a writer that was cleared.</summary>
    public static void Write(CborWriter writer, IReadOnlyList<Operation> operations)
    {
        writer.WriteArray(operations.Count);
        for (int i = 0; i < operations.Count; i++) operations[i].Write(writer);
    }

    /// <summary>Never throws: a block that is no array of items is one malformed operation.</summary>
    public static IReadOnlyList<DecodedOperation> Decode(ReadOnlySpan<byte> plain) => Decode(plain, null);

    /// <summary>
    /// The same with values as a state keeps them (docs/decisions/020), as of the block at <paramref name="block"/> of a commit: what is
    /// folded and not read needs no copy of its values.
    /// </summary>
    public static IReadOnlyList<DecodedOperation> DecodeForState(ReadOnlySpan<byte> plain, CommitId commit, int block) => Decode(plain, (commit, block));

    private static DecodedOperation[] Decode(ReadOnlySpan<byte> plain, (CommitId Commit, int Block)? state)
    {
        try
        {
            var reader = new CborReader(plain);
            var list = new DecodedOperation[reader.ReadArray(Dot.BlockStride)];
            ReadOnlySpan<byte> lastName = default;
            string last = "";
            for (int i = 0; i < list.Length; i++) list[i] = DecodeOne(reader.ReadEncoded(), ref lastName, ref last, state is { } of ? Dot.At(of.Commit, of.Block, i) : null);
            reader.Finish();
            return list;
        }
        catch (VaultFormatException)
        {
            return [new(OperationStatus.Malformed, null)];
        }
    }

    // All operations of a block are of one collection, if it is sound: one string serves them all.
    private static DecodedOperation DecodeOne(ReadOnlySpan<byte> encoded, ref ReadOnlySpan<byte> lastName, ref string last, Dot? state)
    {
        try
        {
            var reader = new CborReader(encoded);
            int fields = reader.ReadArray(64);
            if (fields < 3) return new(OperationStatus.Malformed, null);
            var ahead = reader;
            var name = ahead.ReadEncoded();
            bool same = !lastName.IsEmpty && name.SequenceEqual(lastName);
            string collection = same ? last : reader.ReadText(Operation.MaxNameBytes);
            if (same) reader = ahead;
            lastName = name;
            last = collection;
            string key = reader.ReadText(Operation.MaxNameBytes);
            ulong kind = reader.ReadUInt();
            if (!Operation.IsKnown(kind)) return new(OperationStatus.Unknown, null);
            if (fields is not (8 or 9)) return new(OperationStatus.Malformed, null);
            var operation = Operation.ReadBody(collection, key, (OperationKind)kind, ref reader, state, fields == 9);
            reader.Finish();
            return new(OperationStatus.Known, operation);
        }
        catch (VaultFormatException)
        {
            return new(OperationStatus.Malformed, null);
        }
    }
}
