using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>What a record of the commit log holds (format-1 §12).</summary>
public enum LogRecordType : byte
{
    /// <summary>A commit of lane 0.</summary>
    Commit = 1,

    /// <summary>A sealed block; stands before its commit, in the same group.</summary>
    Block = 2,

    /// <summary>A sealed object of at most <see cref="LogFormat.MaxObjectLength"/> bytes.</summary>
    Object = 3,

    /// <summary>A commit of lane 1 (membership).</summary>
    MembershipCommit = 4,

    /// <summary>A commit of lane 0 whose blocks were pruned: a checkpoint stands for what it did (format-1 §8).</summary>
    PrunedCommit = 5,
}

/// <summary>
/// The end of a group: everything before it in file order is covered. Segment numbers count from 1; <see cref="Start"/> is before
/// all of them. Order is by segment, then offset; the rest only tells whether this is still the same log: the segment's id and the
/// group that ends here. A file's length says nothing about that, because zeros stand behind the last group (<see cref="ZeroRoom"/>).
/// </summary>
/// <param name="Segment">Number of the segment.</param>
/// <param name="SegmentId">The random of its header.</param>
/// <param name="Offset">Bytes from the segment's start to the end of the group.</param>
/// <param name="Last">The group that ends at <paramref name="Offset"/>; default directly behind a segment's header.</param>
public readonly record struct LogMark(int Segment, Id16 SegmentId, long Offset, LogGroupHeader Last) : IComparable<LogMark>
{
    /// <summary>Directly behind a segment's header.</summary>
    internal static LogMark FirstOf(int segment, Id16 id) => new(segment, id, LogFormat.SegmentHeaderLength, default);

    /// <summary>Before the first group.</summary>
    public static LogMark Start => default;

    /// <inheritdoc/>
    public int CompareTo(LogMark other) => Segment != other.Segment ? Segment.CompareTo(other.Segment) : Offset.CompareTo(other.Offset);

    public static bool operator <(LogMark left, LogMark right) => left.CompareTo(right) < 0;

    public static bool operator >(LogMark left, LogMark right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogMark left, LogMark right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogMark left, LogMark right) => left.CompareTo(right) >= 0;
}

/// <summary>What a group's header says: its number in the segment (from 1; 0 = no group), the length of its payload, its checksum.</summary>
public readonly record struct LogGroupHeader(ulong Number, int Length, uint Checksum);

/// <summary>Where the bytes of one record stand, without the record's own header.</summary>
public readonly record struct LogPosition(int Segment, long Offset, int Length);

/// <summary>One record of a group that was read. The bytes belong to the reader; nobody overwrites them.</summary>
public readonly record struct LogRecord(LogRecordType Type, ReadOnlyMemory<byte> Bytes, LogPosition Position);

/// <summary>One valid group: written at once, there as a whole or not at all.</summary>
/// <param name="Start">Where the group begins: the mark to read it again from.</param>
/// <param name="End">The mark to go on from.</param>
/// <param name="Number">Counts from 1 in each segment.</param>
/// <param name="Records">In the order in which they were added.</param>
public sealed record LogGroup(LogMark Start, LogMark End, ulong Number, IReadOnlyList<LogRecord> Records);

/// <summary>Bytes of the log that are no valid group although valid ones follow, or although they were synced. Length 0: a group is missing there without a gap.</summary>
public readonly record struct LogDamage(int Segment, long Offset, long Length);

/// <summary>Sizes that a deployment or a test may choose.</summary>
public sealed record CommitLogOptions
{
    /// <summary>A group that would pass this many bytes starts a new segment (a larger group has one for itself).</summary>
    public long SegmentLimit { get; init; } = 64 << 20;

    /// <summary>Most bytes that are reserved ahead of the end; less while a segment is small.</summary>
    public long PreallocateAhead { get; init; } = 16 << 20;

    /// <summary>
    /// Most bytes of zeros that are written ahead of the end for small groups; less while a segment is small. A sync then has only the
    /// group to write, no new length and no new extent of the file.
    /// </summary>
    public long ZeroAhead { get; init; } = 4 << 20;
}

/// <summary>A mark does not fit this log: another folder's, or of groups that were cut. The index that holds it has to be rebuilt.</summary>
public sealed class LogMarkException(string message) : Exception(message);
