using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// What an applied checkpoint with a snapshot fixes in one collection (format-1 §8, docs/decisions/126): whether a write at or below its floor counts is told by
/// the generations at or below it, whatever is said of owners elsewhere and later. So a replica with the whole log and one that began with the snapshot agree.
/// </summary>
/// <param name="Dot">Of the checkpoint's operation.</param>
/// <param name="Timestamp">Of its commit.</param>
/// <param name="Log">Of its commit.</param>
/// <param name="Sequence">In that log.</param>
/// <param name="Floor">Causally closed, and applied wherever the checkpoint is.</param>
public sealed record CheckpointFloor(Dot Dot, HybridTimestamp Timestamp, LogId Log, ulong Sequence, VersionVector Floor) : IComparable<CheckpointFloor>
{
    /// <summary>The first one decides where several cover a write: by time, then by dot.</summary>
    public int CompareTo(CheckpointFloor? other)
    {
        if (other is null) return 1;
        int c = Timestamp.CompareTo(other.Timestamp);
        return c != 0 ? c : Dot.CompareTo(other.Dot);
    }

    /// <summary>[dot, ts, log, seq, floor]</summary>
    public void Write(CborWriter writer)
    {
        writer.WriteArray(5);
        Dot.Write(writer);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteId(Log);
        writer.WriteUInt(Sequence);
        Floor.Write(writer);
    }

    /// <exception cref="VaultFormatException">It is none.</exception>
    public static CheckpointFloor Read(ref CborReader reader)
    {
        reader.ReadArrayOf(5);
        return new(Dot.Read(ref reader), new(reader.ReadUInt(HybridTimestamp.Limit - 1)), reader.ReadId16(), reader.ReadUInt(CommitHeader.MaxSequence), VersionVector.Read(ref reader));
    }
}

/// <summary>From checkpoints to what they fix.</summary>
public static class CheckpointFloors
{
    /// <summary>Null where the checkpoint has no snapshot of its collection.</summary>
    public static CheckpointFloor? FloorOf(this CheckpointDetail checkpoint, in OperationOrigin origin) =>
        checkpoint.Snapshot is null ? null : new(origin.Dot, origin.CommitTimestamp, origin.Log, origin.Sequence, checkpoint.Floor);
}
