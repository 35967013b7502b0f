using System.Buffers.Binary;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>
/// The bytes of the commit log (format-1 §12).
/// <code>
/// segment = "SMLG" ‖ 01 ‖ random 16 ‖ group…
/// group   = random[0..8] ‖ u64 number ‖ u32 payload length ‖ CRC-32C over (random 16 ‖ number ‖ length ‖ payload) ‖ payload
/// payload = (type u8 ‖ u32 length ‖ bytes)…                                                   integers big-endian
/// </code>
/// The random makes a group valid in its own segment only: stale bytes of a deleted file never pass for a group.
/// </summary>
public static class LogFormat
{
    /// <summary>Longest payload of a group, checked before it is read.</summary>
    public const int MaxPayloadLength = 64 << 20;

    /// <summary>Longest sealed object that may stand in the log; longer ones go to packs.</summary>
    public const int MaxObjectLength = 64 << 10;

    internal const int SegmentHeaderLength = 21;
    internal const int GroupHeaderLength = 24;
    internal const int RecordHeaderLength = 5;
    internal const int MagicLength = 8;

    internal static ReadOnlySpan<byte> SegmentMagic => "SMLG\u0001"u8;

    internal static string SegmentPath(int segment) => FormattableString.Invariant($"{CommitLog.Folder}/{segment:D4}.log");

    internal static void WriteSegmentHeader(Span<byte> destination, Id16 id)
    {
        SegmentMagic.CopyTo(destination);
        id.CopyTo(destination[5..]);
    }

    /// <summary>Fills the 24 bytes before a payload that stands right behind them.</summary>
    internal static LogGroupHeader WriteGroupHeader(Span<byte> group, Id16 id, ulong number)
    {
        Span<byte> random = stackalloc byte[Id16.Size];
        id.CopyTo(random);
        random[..MagicLength].CopyTo(group);
        BinaryPrimitives.WriteUInt64BigEndian(group[8..], number);
        BinaryPrimitives.WriteInt32BigEndian(group[16..], group.Length - GroupHeaderLength);
        uint checksum = Crc32C.Append(StartChecksum(id, group), group[GroupHeaderLength..]);
        BinaryPrimitives.WriteUInt32BigEndian(group[20..], checksum);
        return new(number, group.Length - GroupHeaderLength, checksum);
    }

    /// <summary>The checksum over what comes before the payload.</summary>
    internal static uint StartChecksum(Id16 id, ReadOnlySpan<byte> groupHeader)
    {
        Span<byte> random = stackalloc byte[Id16.Size];
        id.CopyTo(random);
        return Crc32C.Append(Crc32C.Compute(random), groupHeader[8..20]);
    }

    /// <summary>Splits a payload; null when its records do not fill it exactly.</summary>
    internal static List<LogRecord>? ParseRecords(int segment, long payloadOffset, ReadOnlyMemory<byte> payload)
    {
        var records = new List<LogRecord>();
        int at = 0;
        while (at < payload.Length)
        {
            if (payload.Length - at < RecordHeaderLength) return null;
            ReadOnlySpan<byte> header = payload.Span.Slice(at, RecordHeaderLength);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
            at += RecordHeaderLength;
            if (length > (uint)(payload.Length - at)) return null;
            records.Add(new((LogRecordType)header[0], payload.Slice(at, (int)length), new(segment, payloadOffset + at, (int)length)));
            at += (int)length;
        }

        return records;
    }
}
