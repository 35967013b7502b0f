using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>
/// Reads a segment's header, and its random even where a bit of the header has rotted: the header has no checksum of its own, but
/// every group's checksum covers the random. Without this, one flipped bit would make a whole segment unreadable, and its groups
/// would look like a torn tail.
/// </summary>
internal static class SegmentHeader
{
    private const int MaxTried = 1 << 20; // longest first group for which each bit of the random is tried

    /// <summary>The random that the groups were written with; null when there is no whole header. <paramref name="damaged"/>: the header differs from it.</summary>
    public static Id16? Read(ReadHandleCache files, int segment, out bool damaged)
    {
        damaged = false;
        string path = LogFormat.SegmentPath(segment);
        Span<byte> header = stackalloc byte[LogFormat.SegmentHeaderLength];
        if (files.Read(path, 0, header) < header.Length) return null;
        Span<byte> random = header[5..];
        var stored = new Id16(random);
        bool magic = header.StartsWith(LogFormat.SegmentMagic);
        if (FirstGroupIsValid(files, segment, stored))
        {
            damaged = !magic;
            return stored;
        }

        if (Repair(files, segment, random) is { } repaired)
        {
            damaged = true;
            return repaired;
        }

        return magic ? stored : null; // no group yet, or a first one that is torn or being written
    }

    /// <summary>
    /// Whether what stands behind a header without any valid group can be one torn write. It begins with the magic, as far as it
    /// got, and no other group follows; anything else means that the header or several groups were damaged.
    /// </summary>
    public static bool CanBeTorn(ReadHandleCache files, int segment, Id16 id)
    {
        string path = LogFormat.SegmentPath(segment);
        Span<byte> start = stackalloc byte[LogFormat.MagicLength];
        Span<byte> magic = stackalloc byte[Id16.Size];
        id.CopyTo(magic);
        magic = magic[..LogFormat.MagicLength];
        ReadOnlySpan<byte> there = start[..files.Read(path, LogFormat.SegmentHeaderLength, start)];
        if (!magic.StartsWith(there.TrimEnd((byte)0))) return false;
        var window = new byte[64 << 10];
        long at = LogFormat.SegmentHeaderLength + 1;
        while (files.Read(path, at, window) is > 0 and int count)
        {
            if (window.AsSpan(0, count).IndexOf(magic) >= 0) return false;
            at += Math.Max(1, count - (LogFormat.MagicLength - 1));
        }

        return true;
    }

    private static Id16? Repair(ReadHandleCache files, int segment, Span<byte> random)
    {
        string path = LogFormat.SegmentPath(segment);
        if (files.Length(path) < LogFormat.SegmentHeaderLength + LogFormat.GroupHeaderLength) return null;

        // The first half stands in every group as well.
        files.Read(path, LogFormat.SegmentHeaderLength, random[..LogFormat.MagicLength]);
        if (SegmentScanner.GroupLength(files, segment, new Id16(random)) is not (>= 0 and <= MaxTried)) return null;
        if (FirstGroupIsValid(files, segment, new Id16(random))) return new Id16(random);
        for (int bit = LogFormat.MagicLength * 8; bit < Id16.Size * 8; bit++)
        {
            random[bit / 8] ^= (byte)(1 << (bit % 8));
            if (FirstGroupIsValid(files, segment, new Id16(random))) return new Id16(random);
            random[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return null;
    }

    private static bool FirstGroupIsValid(ReadHandleCache files, int segment, Id16 id) => SegmentScanner.IsFirstGroupValid(files, segment, id);
}
