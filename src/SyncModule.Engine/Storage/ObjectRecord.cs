using System.Buffers.Binary;

namespace SyncModule.Engine.Storage;

/// <summary>
/// The record of one sealed object, the same bytes in every pack and on the wire (format-1 §12):
/// <code>address 32 ‖ u32 length ‖ CRC-32C over the 36 bytes before ‖ sealed bytes</code>
/// The address is the hash of the sealed bytes, so the body needs no checksum. A record whose address is zero is padding.
/// </summary>
public static class ObjectRecord
{
    /// <summary>Bytes before the sealed bytes.</summary>
    public const int HeaderLength = 40;

    /// <summary>Longest sealed object: 15 MiB of data, its header and padding, and the tag (format-1 §5). Checked before anything is allocated.</summary>
    public const int MaxLength = (16 << 20) + 1024;

    /// <summary>Writes the 40 bytes before an object's sealed bytes.</summary>
    public static void WriteHeader(Span<byte> destination, ObjectAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);
        address.CopyTo(destination);
        BinaryPrimitives.WriteInt32BigEndian(destination[32..], length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[36..], Crc32C.Compute(destination[..36]));
    }

    /// <summary>Fills a whole span, at least a header long, with one padding record.</summary>
    public static void WritePadding(Span<byte> destination)
    {
        WriteHeader(destination, default, destination.Length - HeaderLength);
        destination[HeaderLength..].Clear();
    }

    /// <summary>Bytes of padding that bring an offset to a multiple of <paramref name="alignment"/>: 0, or more than a header, as one of length 0 closes a pack.</summary>
    public static int PaddingFor(long offset, int alignment)
    {
        int gap = (int)((alignment - offset % alignment) % alignment);
        while (gap is > 0 and <= HeaderLength) gap += alignment;
        return gap;
    }

    /// <summary>Reads a header; false when its checksum or its length is wrong.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> header, out ObjectAddress address, out int length)
    {
        address = default;
        length = 0;
        if (header.Length < HeaderLength) return false;
        uint claimed = BinaryPrimitives.ReadUInt32BigEndian(header[32..]);
        if (claimed > MaxLength || Crc32C.Compute(header[..36]) != BinaryPrimitives.ReadUInt32BigEndian(header[36..])) return false;
        address = new ObjectAddress(header[..32]);
        length = (int)claimed;
        return true;
    }
}
