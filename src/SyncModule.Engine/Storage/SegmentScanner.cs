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
internal sealed class SegmentScanner(ReadHandleCache files, int segment, Id16 id, long offset, ulong? lastNumber)
{
    private const int Window = 256 << 10;

    private readonly string _path = LogFormat.SegmentPath(segment);

    private readonly record struct GroupHeader(ulong Number, int Length, uint Checksum, uint Start);

    public int Segment => segment;

    /// <summary>End of the last valid group.</summary>
    public LogMark Mark => new(segment, id, Offset);

    public long Offset { get; private set; } = offset;

    /// <summary>Number of the last valid group; null when the scan began at a mark and has not met one.</summary>
    public ulong? LastNumber { get; private set; } = lastNumber;

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
        if (TryGroup(length, out LogGroup? group)) return Take(group!);
        if (length <= Offset) return ScanKind.End;
        long next = FindValid(Offset + 1, length, out bool onlyZeros);
        if (next < 0)
        {
            if (!onlyZeros) TornLength = length - Offset;
            return ScanKind.End;
        }

        // A writer may have completed this group and the next one meanwhile; a group is followed by another only when complete.
        if (TryGroup(files.Length(_path), out group)) return Take(group!);
        Damage = new(segment, Offset, next - Offset);
        Offset = next;
        LastNumber = (TryHeader(next, length) ?? throw Changed()).Number - 1;
        return ScanKind.Damage;
    }

    /// <summary>
    /// The number of the group that ends at <paramref name="end"/>, found by hopping over the headers without reading payloads;
    /// null when the hops do not arrive there.
    /// </summary>
    public static ulong? NumberAt(ReadHandleCache files, int segment, Id16 id, long end)
    {
        var scanner = new SegmentScanner(files, segment, id, LogFormat.SegmentHeaderLength, 0);
        while (scanner.Offset < end)
        {
            if (scanner.TryHeader(scanner.Offset, end) is not { } header || header.Number != scanner.LastNumber + 1) return null;
            scanner.Offset += LogFormat.GroupHeaderLength + header.Length;
            scanner.LastNumber = header.Number;
        }

        return scanner.Offset == end ? scanner.LastNumber : null;
    }

    /// <summary>True when the first group of a segment is whole under this random.</summary>
    public static bool IsFirstGroupValid(ReadHandleCache files, int segment, Id16 id)
    {
        var scanner = new SegmentScanner(files, segment, id, LogFormat.SegmentHeaderLength, 0);
        return scanner.IsValid(scanner.Offset, files.Length(scanner._path));
    }

    /// <summary>Payload length that the first group claims, -1 when there is no header with this random's magic.</summary>
    public static int GroupLength(ReadHandleCache files, int segment, Id16 id)
    {
        var scanner = new SegmentScanner(files, segment, id, LogFormat.SegmentHeaderLength, 0);
        return scanner.TryHeader(scanner.Offset, files.Length(scanner._path))?.Length ?? -1;
    }

    private ScanKind Take(LogGroup group)
    {
        if (LastNumber is { } last && group.Number != last + 1)
        {
            // Valid bytes, but not the group that should stand here: something between was taken out.
            Damage = new(segment, Offset, 0);
            LastNumber = group.Number - 1;
            return ScanKind.Damage;
        }

        Group = group;
        LastNumber = group.Number;
        Offset = group.End.Offset;
        return ScanKind.Group;
    }

    private bool TryGroup(long fileLength, out LogGroup? group)
    {
        group = null;
        if (TryHeader(Offset, fileLength) is not { } header || header.Number <= LastNumber) return false;
        var payload = new byte[header.Length]; // at most what the file holds, at most 64 MiB
        long at = Offset + LogFormat.GroupHeaderLength;
        if (files.Read(_path, at, payload) != payload.Length || Crc32C.Append(header.Start, payload) != header.Checksum) return false;
        if (LogFormat.ParseRecords(segment, at, payload) is not { } records) return false;
        group = new(Mark, new(segment, id, at + header.Length), header.Number, records);
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

        return checksum == header.Checksum;
    }

    private LogMarkException Changed() => new($"Segment {segment} changed while it was read.");
}
