using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>
/// Where a commit says it stands, read from the front of its record without checking the rest: enough to keep track of what a peer
/// has. Nothing is believed because of it; the replica checks every record (format-1 §6).
/// </summary>
internal readonly record struct CommitPosition(CommitId Id, Lane Lane, LogId Log, ulong Sequence, CommitId Previous)
{
    public static CommitPosition Read(ReadOnlySpan<byte> record)
    {
        var outer = new CborReader(record);
        outer.ReadArrayOf(2);
        var header = outer.ReadEncoded();
        var reader = new CborReader(header);
        reader.ReadArrayOf(12);
        reader.ReadUInt();
        reader.ReadId32();
        var lane = (Lane)reader.ReadUInt(1);
        reader.ReadId32();
        var log = reader.ReadId16();
        ulong sequence = reader.ReadUInt(CommitHeader.MaxSequence);
        return new(Digest.HashOf(Labels.Commit, header), lane, log, sequence, reader.ReadId32());
    }
}
