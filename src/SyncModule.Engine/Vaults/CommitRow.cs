using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>How far a held commit has come (format-1 §6).</summary>
internal enum CommitState : byte
{
    /// <summary>Held; something it depends on is not applied or not here.</summary>
    Waiting = 0,

    /// <summary>Folded.</summary>
    Applied = 1,

    /// <summary>Held; its author does not count, so it has no effect.</summary>
    Quarantined = 2,

    /// <summary>Held; it holds an operation of a newer version.</summary>
    Parked = 3,

    /// <summary>Durable here, but what stands before it in its log is not: not held yet, in no vector (format-1 §6).</summary>
    Loose = 4,
}

/// <summary>Where a held commit stands and how far it has come. Nothing in it is secret: it repeats the clear header.</summary>
internal sealed record CommitRow(
    Lane Lane,
    DeviceId Device,
    LogId Log,
    ulong Sequence,
    CommitId Previous,
    HybridTimestamp Timestamp,
    CommitState State,
    ulong Order,
    LogPosition Position,
    IReadOnlyList<LogPosition> Blocks)
{
    /// <summary>The row of a commit that has just become durable.</summary>
    public static CommitRow Of(CommitHeader header, LogPosition record, IReadOnlyList<LogPosition> blocks) =>
        new(header.Lane, header.Device, header.Log, header.Sequence, header.Previous, header.Timestamp, CommitState.Loose, 0, record, blocks);

    /// <summary>Where the operation at a place of this commit came from.</summary>
    public OperationOrigin OriginOf(CommitId id, int block, int position) => new(Dot.At(id, block, position), Timestamp, Device, Log, Sequence);

    public byte[] Encode()
    {
        var writer = new CborWriter(200 + (Blocks.Count * 12));
        writer.WriteArray(10);
        writer.WriteUInt((ulong)Lane);
        writer.WriteId(Device);
        writer.WriteId(Log);
        writer.WriteUInt(Sequence);
        writer.WriteId(Previous);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteUInt((ulong)State);
        writer.WriteUInt(Order);
        WritePosition(writer, Position);
        writer.WriteArray(Blocks.Count);
        foreach (var block in Blocks) WritePosition(writer, block);
        return writer.ToArray();
    }

    public static CommitRow Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(10);
        var lane = (Lane)reader.ReadUInt(1);
        var device = reader.ReadId32();
        var log = reader.ReadId16();
        ulong sequence = reader.ReadUInt();
        var previous = reader.ReadId32();
        var timestamp = new HybridTimestamp(reader.ReadUInt());
        var state = (CommitState)reader.ReadUInt(4);
        ulong order = reader.ReadUInt();
        var position = ReadPosition(ref reader);
        var blocks = new LogPosition[reader.ReadArray(Dot.MaxBlocks)];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = ReadPosition(ref reader);
        reader.Finish();
        return new(lane, device, log, sequence, previous, timestamp, state, order, position, blocks);
    }

    internal static void WritePosition(CborWriter writer, LogPosition position)
    {
        writer.WriteArray(3);
        writer.WriteUInt((ulong)position.Segment);
        writer.WriteUInt((ulong)position.Offset);
        writer.WriteUInt((ulong)position.Length);
    }

    internal static LogPosition ReadPosition(ref CborReader reader)
    {
        reader.ReadArrayOf(3);
        return new((int)reader.ReadUInt(int.MaxValue), (long)reader.ReadUInt(long.MaxValue), (int)reader.ReadUInt(int.MaxValue));
    }
}
