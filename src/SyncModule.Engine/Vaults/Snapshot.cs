using System.Buffers.Binary;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>A write that did not count when the snapshot was taken, and of which item.</summary>
internal sealed record RefusedDot(Dot Dot, string Collection, string Key);

/// <summary>
/// What a checkpoint gives to who never had the operations below its floor (format-1 §8, docs/decisions/097): of one collection the states, the settled
/// merge records and the writes that did not count. Stored like any long value, so that two checkpoints share what has not changed. Entries are
/// type u8 ‖ u32 length ‖ CBOR.
/// </summary>
internal static class Snapshot
{
    private const byte State = 1, Record = 2, Refused = 3;
    private const int HeadLength = 5;

    /// <summary>Bytes of one entry: a state may have 256 heads in each of its cells.</summary>
    private const int MaxEntry = 256 << 20;

    /// <summary>Bytes that are handed on at once.</summary>
    private const int PieceBytes = 64 << 10;

    public static IEnumerable<byte[]> Write(IEnumerable<KeyState> states, IEnumerable<MergeRecord> records, IEnumerable<RefusedDot> refused)
    {
        var piece = new MemoryStream();
        var writer = new CborWriter(1024);
        foreach (var (type, write) in Entries(states, records, refused))
        {
            writer.Clear();
            write(writer);
            piece.WriteByte(type);
            Span<byte> length = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(length, (uint)writer.Written.Length);
            piece.Write(length);
            piece.Write(writer.Written);
            if (piece.Length < PieceBytes) continue;
            yield return piece.ToArray();
            piece.SetLength(0);
        }

        if (piece.Length > 0) yield return piece.ToArray();
    }

    /// <summary>A <see cref="KeyState"/>, a <see cref="MergeRecord"/> or a <see cref="RefusedDot"/> for each entry.</summary>
    /// <exception cref="VaultFormatException">It is none.</exception>
    public static IEnumerable<object> Read(IEnumerable<byte[]> pieces)
    {
        using var stream = new PieceStream(pieces);
        var head = new byte[HeadLength];
        while (true)
        {
            int read = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
            if (read == 0) yield break;
            uint length = read == HeadLength ? BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(1)) : uint.MaxValue;
            if (length > MaxEntry) throw new VaultFormatException("A snapshot's entry is too long, or a part of it is missing.");
            yield return Entry(head[0], ReadWhole(stream, (int)length));
        }
    }

    /// <summary>The states of the checkpoint that an index stands on; none where every operation was folded.</summary>
    public static IEnumerable<KeyState> AdoptedStates(VaultContext vault, RowAccess rows) => CheckpointRows.Adopted(rows) is { } adopted ? StatesOf(vault, rows, adopted.Id) : [];

    /// <summary>The states that the snapshots of a checkpoint hold.</summary>
    public static IEnumerable<KeyState> StatesOf(VaultContext vault, RowAccess rows, CommitId checkpoint)
    {
        if (rows.Commit(checkpoint) is not { } row) return [];
        var reader = new ValueReader(vault, address => rows.Object(address));
        return vault.Blocks.OpenWhole(rows, checkpoint, row).Operations(checkpoint, row)
            .Select(o => o.Operation.Detail).OfType<CheckpointDetail>().Where(d => d.Snapshot is not null)
            .SelectMany(d => Read(reader.Read(d.Snapshot!))).OfType<KeyState>();
    }

    private static IEnumerable<(byte Type, Action<CborWriter> Write)> Entries(IEnumerable<KeyState> states, IEnumerable<MergeRecord> records, IEnumerable<RefusedDot> refused)
    {
        foreach (var state in states) yield return (State, state.Write);
        foreach (var record in records) yield return (Record, record.Write);
        foreach (var dot in refused) yield return (Refused, w => Write(w, dot));
    }

    private static void Write(CborWriter w, RefusedDot refused)
    {
        w.WriteArray(3);
        refused.Dot.Write(w);
        w.WriteText(refused.Collection);
        w.WriteText(refused.Key);
    }

    private static object Entry(byte type, byte[] bytes)
    {
        var reader = new CborReader(bytes);
        object entry;
        switch (type)
        {
            case State: entry = KeyState.Read(ref reader); break;
            case Record: entry = MergeRecord.Read(ref reader); break;
            case Refused:
                reader.ReadArrayOf(3);
                entry = new RefusedDot(Dot.Read(ref reader), reader.ReadText(Operation.MaxNameBytes), reader.ReadText(Operation.MaxNameBytes));
                break;
            default: throw new VaultFormatException("A snapshot has an entry of an unknown type.");
        }

        reader.Finish();
        return entry;
    }

    // Grown as it is read: what is claimed is not allocated before it is there.
    private static byte[] ReadWhole(PieceStream stream, int length)
    {
        var bytes = new byte[Math.Min(length, PieceBytes)];
        for (int filled = 0; filled < length;)
        {
            if (filled == bytes.Length) Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
            int read = stream.Read(bytes.AsSpan(filled));
            if (read == 0) throw new VaultFormatException("A part of a snapshot is missing.");
            filled += read;
        }

        return length == 0 ? [] : bytes;
    }
}
