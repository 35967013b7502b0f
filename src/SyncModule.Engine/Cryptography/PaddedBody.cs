using System.Buffers.Binary;
using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// The inside of a seal (format-1 §3, §5): prefix ‖ codec u8 ‖ u32 plain length ‖ u32 data length ‖ data ‖ zeros to PADMÉ. The prefix
/// is the kind of an object and is empty in a block.
/// </summary>
internal static class PaddedBody
{
    /// <summary>Codec and two lengths.</summary>
    public const int HeaderSize = 9;

    /// <summary>Longest plaintext and longest data: 15 MiB.</summary>
    public const int MaxPlain = 15 * 1024 * 1024;

    /// <summary>Room that a body of at most <paramref name="plainLength"/> bytes can need.</summary>
    public static int MaxLength(int prefix, int plainLength) => Padme.PaddedLength(prefix + HeaderSize + plainLength);

    /// <summary>Writes codec, lengths, data and padding behind the prefix; returns the padded length.</summary>
    public static int Write(Span<byte> body, int prefix, ReadOnlySpan<byte> plain, bool compress, Codec? forced = null)
    {
        if (plain.Length > MaxPlain) throw new ArgumentException("A sealed value has at most 15 MiB.", nameof(plain));
        bool worthwhile = compress && forced is null && MayShrink(prefix, plain.Length);
        var codec = Compression.Pack(plain, body[(prefix + HeaderSize)..], worthwhile, out int length);
        return Complete(body, prefix, forced ?? codec, plain.Length, length);
    }

    /// <summary>Writes codec, lengths and padding around data that stands in its place; returns the padded length.</summary>
    public static int Complete(Span<byte> body, int prefix, Codec codec, int plainLength, int dataLength)
    {
        WriteHeader(body[prefix..], codec, plainLength, dataLength);
        int used = prefix + HeaderSize + dataLength;
        int padded = Padme.PaddedLength(used);
        body[used..padded].Clear();
        return padded;
    }

    /// <summary>Under the padding's minimum nothing can get shorter.</summary>
    public static bool MayShrink(int prefix, int plainLength) => prefix + HeaderSize + plainLength > Padme.Minimum;

    /// <summary>codec u8 ‖ u32 plain length ‖ u32 data length.</summary>
    public static void WriteHeader(Span<byte> header, Codec codec, int plainLength, int dataLength)
    {
        header[0] = (byte)codec;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)plainLength);
        BinaryPrimitives.WriteUInt32BigEndian(header[5..], (uint)dataLength);
    }

    /// <summary>Checks lengths and padding and finds the data. Exactly one body means a given codec, data and plain length.</summary>
    /// <exception cref="VaultFormatException">A length over its limit, or padding that is not the one the format says.</exception>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> body, int prefix, out Codec codec, out int plainLength)
    {
        if (body.Length < Padme.Minimum) throw new VaultFormatException("A sealed body is too short.");
        codec = (Codec)body[prefix];
        uint plain = BinaryPrimitives.ReadUInt32BigEndian(body[(prefix + 1)..]);
        uint data = BinaryPrimitives.ReadUInt32BigEndian(body[(prefix + 5)..]);
        if (plain > MaxPlain || data > MaxPlain) throw new VaultFormatException("A sealed body is longer than allowed.");
        int used = prefix + HeaderSize + (int)data;
        if (Padme.PaddedLength(used) != body.Length || (body[used..].ContainsAnyExcept((byte)0) && !Plants.PaddingUnchecked)) throw new VaultFormatException("A sealed body is not padded as it must be.");
        plainLength = (int)plain;
        return body.Slice(prefix + HeaderSize, (int)data);
    }
}
