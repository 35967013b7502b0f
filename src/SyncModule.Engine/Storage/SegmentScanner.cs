using System.Buffers.Binary;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>What a step of a <see cref="SegmentScanner"/> found.</summary>
internal enum ScanKind
{
    Group,
    Damage,
    End,
}

/// <summary>
/// Walks the groups of one segment in file order and can be asked again when the file has grown. Where a group is not valid it
/// looks for a valid one further on: found, the bytes between are damage; not found, this is the end, torn or clean. Only the
/// holder of the append lock may judge a torn end; without it, the end may be a group that is just being written.
/// </summary>
/// <param name="shared">Memory for the payload of one group after the other: what a group gave is overwritten by the next. Null: each has its own.</param>
internal sealed class SegmentScanner(ReadHandleCache files, LogMark from, ZeroRoom? room = null, GroupMemory? shared = null)
{
    private const int Window = 256 << 10;

    private readonly string _path = LogFormat.SegmentPath(from.Segment);
    private readonly int segment = from.Segment;
    private readonly Id16 id = from.SegmentId;

    private readonly record struct GroupHeader(ulong Number, int Length, uint Checksum, uint Start);

    public int Segment => segment;

    /// <summary>End of the last valid group.</summary>
    public LogMark Mark { get; private set; } = from;

    public long Offset => Mark.Offset;

    /// <summary>Number of the last valid group; 0 before the first.</summary>
    public ulong LastNumber => Mark.Last.Number;

    /// <summary>The group of the last step that was one.</summary>
    public LogGroup? Group { get; private set; }

    /// <summary>The damage of the last step that was one.</summary>
    public LogDamage Damage { get; private set; }

    /// <summary>After End: bytes behind the last group that are not all zero. Zeros are room written ahead, a clean end.</summary>
    public long TornLength { get; private set; }

    public ScanKind Next()
    {
        long length = files.Length(_path);
        TornLength = 0;

        // Usually nothing was added: then known zeros, of which the first are looked at once more, are all there is.
        long zeros = room?.End(segment, id, Offset) ?? Offset;
        if (zeros > Offset && length > Offset && !IsZero(Offset, (int)Math.Min(LogFormat.GroupHeaderLength, length - Offset))) zeros = Offset;
        if (zeros > Offset && zeros >= length) return ScanKind.End;
        if (TryGroup(length, out LogGroup? group)) return Take(group!);
        if (length <= Offset) return ScanKind.End;
        long next = FindValid(Math.Max(Offset + 1, zeros - LogFormat.MagicLength), length, out bool onlyZeros);
        if (next < 0)
        {
            if (onlyZeros) room?.Note(segment, id, Offset, length);
            else TornLength = length - Offset;
            return ScanKind.End;
        }

        // A writer may have completed this group and the next one meanwhile; a group is followed by another only when complete.
        if (TryGroup(files.Length(_path), out group)) return Take(group!);
        Damage = new(segment, Offset, next - Offset);
        Skip(next, (TryHeader(next, length) ?? throw Changed()).Number - 1);
        return ScanKind.Damage;
    }

    /// <summary>True when the group that a mark names still ends there: by its header, with <paramref name="whole"/> also by what it holds.</summary>
    public static bool IsThere(ReadHandleCache files, LogMark mark, bool whole = false)
    {
        if (mark.Last.Number == 0) return mark.Last == default && mark.Offset == LogFormat.SegmentHeaderLength;
        var scanner = new SegmentScanner(files, LogMark.FirstOf(mark.Segment, mark.SegmentId));
        long start = mark.Offset - LogFormat.GroupHeaderLength - mark.Last.Length;
        return start >= LogFormat.SegmentHeaderLength && scanner.TryHeader(start, mark.Offset) is { } header && header.Number == mark.Last.Number && header.Length == mark.Last.Length && header.Checksum == mark.Last.Checksum
            && (!whole || scanner.IsValid(start, mark.Offset));
    }

    /// <summary>True when the first group of a segment is whole under this random.</summary>
    public static bool IsFirstGroupValid(ReadHandleCache files, int segment, Id16 id)
    {
        var scanner = new SegmentScanner(files, LogMark.FirstOf(segment, id));
        return scanner.IsValid(scanner.Offset, files.Length(scanner._path));
    }

    /// <summary>Payload length that the first group claims, -1 when there is no header with this random's magic.</summary>
    public static int GroupLength(ReadHandleCache files, int segment, Id16 id)
    {
        var scanner = new SegmentScanner(files, LogMark.FirstOf(segment, id));
        return scanner.TryHeader(scanner.Offset, files.Length(scanner._path))?.Length ?? -1;
    }

    private ScanKind Take(LogGroup group)
    {
        if (group.Number != LastNumber + 1)
        {
            // Valid bytes, but not the group that should stand here: something between was taken out.
            Damage = new(segment, Offset, 0);
            Skip(Offset, group.Number - 1);
            return ScanKind.Damage;
        }

        Group = group;
        Mark = group.End;
        return ScanKind.Group;
    }

    // A valid group follows, so nobody is given a mark that stands behind damage.
    private void Skip(long offset, ulong number) => Mark = new(segment, id, offset, new(number, 0, 0));

    private bool TryGroup(long fileLength, out LogGroup? group)
    {
        group = null;
        if (TryHeader(Offset, fileLength) is not { } header || header.Number <= LastNumber) return false;
        // At most what the file holds, at most 64 MiB.
        var memory = shared?.Of(header.Length) ?? GC.AllocateUninitializedArray<byte>(header.Length);
        var payload = memory.Span;
        long at = Offset + LogFormat.GroupHeaderLength;
        if (files.Read(_path, at, payload) != payload.Length || (Crc32C.Append(header.Start, payload) != header.Checksum && !Plants.SumUnchecked)) return false;
        if (LogFormat.ParseRecords(segment, at, memory) is not { } records) return false;
        group = new(Mark, new(segment, id, at + header.Length, new(header.Number, header.Length, header.Checksum)), header.Number, records);
        return true;
    }

    /// <summary>A header with this segment's magic whose payload lies inside the file.</summary>
    private GroupHeader? TryHeader(long at, long fileLength)
    {
        if (fileLength - at < LogFormat.GroupHeaderLength) return null;
        Span<byte> header = stackalloc byte[LogFormat.GroupHeaderLength];
        Span<byte> random = stackalloc byte[Id16.Size];
        id.CopyTo(random);
        if (files.Read(_path, at, header) != header.Length || !header.StartsWith(random[..LogFormat.MagicLength])) return null;
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(header[8..]);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
        if (number == 0 || length > LogFormat.MaxPayloadLength || length > fileLength - at - LogFormat.GroupHeaderLength) return null;
        return new(number, (int)length, BinaryPrimitives.ReadUInt32BigEndian(header[20..]), LogFormat.StartChecksum(id, header));
    }

    /// <summary>Offset of the first valid group at or behind <paramref name="from"/>, or -1.</summary>
    private long FindValid(long from, long fileLength, out bool onlyZeros)
    {
        Span<byte> first = stackalloc byte[1];
        onlyZeros = files.Read(_path, from - 1, first) == 1 && first[0] == 0;
        Span<byte> random = stackalloc byte[Id16.Size];
        id.CopyTo(random);
        ReadOnlySpan<byte> magic = random[..LogFormat.MagicLength];
        var window = new byte[(int)Math.Min(Window, Math.Max(fileLength - from, 1))];
        while (from < fileLength)
        {
            int count = files.Read(_path, from, window);
            if (count == 0) break;
            ReadOnlySpan<byte> bytes = window.AsSpan(0, count);
            onlyZeros &= !bytes.ContainsAnyExcept((byte)0);
            for (int at = 0; bytes[at..].IndexOf(magic) is >= 0 and int hit; at += hit + 1)
            {
                if (IsValid(from + at + hit, fileLength)) return from + at + hit;
            }

            // A magic may lie across the edge of two windows.
            from += count < window.Length || from + count >= fileLength ? count : Math.Max(1, count - (LogFormat.MagicLength - 1));
        }

        return -1;
    }

    private bool IsZero(long at, int length)
    {
        Span<byte> bytes = stackalloc byte[LogFormat.GroupHeaderLength];
        bytes = bytes[..length];
        return files.Read(_path, at, bytes) == length && !bytes.ContainsAnyExcept((byte)0);
    }

    private bool IsValid(long at, long fileLength)
    {
        if (TryHeader(at, fileLength) is not { } header || header.Number <= LastNumber) return false;
        var buffer = new byte[Math.Min(Window, Math.Max(header.Length, 1))];
        uint checksum = header.Start;
        long end = at + LogFormat.GroupHeaderLength + header.Length;
        for (long next = end - header.Length; next < end;)
        {
            int count = files.Read(_path, next, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - next)));
            if (count == 0) return false;
            checksum = Crc32C.Append(checksum, buffer.AsSpan(0, count));
            next += count;
        }

        return checksum == header.Checksum || Plants.SumUnchecked;
    }

    private LogMarkException Changed() => new($"Segment {segment} changed while it was read.");
}
