using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// A tree that went: whatever of a collection stands under <paramref name="Prefix"/> and lies in <paramref name="Seen"/> shows as deleted by
/// this operation (format-1 §7). It stays a part of the collection's state and changes no item's: what had replaced a version before the
/// operation came, and what replaces it after, are then the same (docs/decisions/085).
/// </summary>
public sealed record TreeRange(Dot Dot, HybridTimestamp Timestamp, DeviceId Device, LogId Log, ulong Sequence, string Prefix, VersionVector Seen)
{
    public bool Covers(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether its author had seen the version.</summary>
    public bool Saw(Head head, ILogBranches branches) => Seen.Covers(head.Log, head.Sequence, head.Dot.Commit, branches);

    /// <summary>The deletion that stands in the place of what was seen.</summary>
    internal Head ToHead() => new(Dot, Timestamp, Device, Log, Sequence, OperationKind.RemoveTree, false, null, null, null);

    /// <summary>[dot, ts, device, log, seq, prefix, seen]</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(7);
        Dot.Write(writer);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteId(Device);
        writer.WriteId(Log);
        writer.WriteUInt(Sequence);
        writer.WriteText(Prefix);
        Seen.Write(writer);
    }

    internal static TreeRange Read(ref CborReader reader)
    {
        reader.ReadArrayOf(7);
        var dot = Dot.Read(ref reader);
        var timestamp = new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        return new(dot, timestamp, reader.ReadId32(), reader.ReadId16(), reader.ReadUInt(CommitHeader.MaxSequence), reader.ReadText(Operation.MaxNameBytes), VersionVector.Read(ref reader));
    }
}
