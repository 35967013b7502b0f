using System.Globalization;
using System.Text;
using SyncModule.Core.Encoding;
using Oracle = System.Formats.Cbor;

namespace SyncModule.Core.Tests.Encoding;

/// <summary>
/// Reads one item to its end and shows its value in diagnostic notation, once with the product's reader and once with the
/// platform's: equal text means equal values. The generator writes one random item with both writers.
/// </summary>
internal static class CborDiagnostic
{
    /// <summary>The value as the product reads it; throws <see cref="VaultFormatException"/> unless the input is exactly one item.</summary>
    public static string Ours(ReadOnlySpan<byte> data)
    {
        var reader = new CborReader(data);
        var text = new StringBuilder();
        Ours(ref reader, text);
        reader.Finish();
        return text.ToString();
    }

    /// <summary>The value as System.Formats.Cbor reads it in canonical mode, which must consume every byte.</summary>
    public static string Theirs(byte[] data)
    {
        var reader = new Oracle.CborReader(data, Oracle.CborConformanceMode.Canonical);
        var text = new StringBuilder();
        Theirs(reader, text);
        Assert.Equal(0, reader.BytesRemaining);
        return text.ToString();
    }

    /// <summary>What the product reads, written again by the product.</summary>
    public static byte[] Reencode(ReadOnlySpan<byte> data)
    {
        var reader = new CborReader(data);
        var writer = new CborWriter();
        Copy(ref reader, writer);
        reader.Finish();
        return writer.ToArray();
    }

    /// <summary>Writes one random item of the format's subset with both writers; returns both encodings.</summary>
    public static (byte[] Ours, byte[] Theirs) Random(Random random)
    {
        var ours = new CborWriter();
        var theirs = new Oracle.CborWriter(Oracle.CborConformanceMode.Canonical);
        Random(random, ours, theirs, CborReader.MaxDepth);
        return (ours.ToArray(), theirs.Encode());
    }

    /// <summary>A number whose encoded length is uniform over 1, 2, 3, 5 and 9 bytes, often at an edge.</summary>
    public static ulong Number(Random random)
    {
        int bits = random.Next(65);
        ulong value = bits == 0 ? 0 : (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits);
        return random.Next(4) == 0 && bits is > 0 and < 64 ? (1UL << bits) - (ulong)random.Next(2) : value;
    }

    private static void Ours(ref CborReader reader, StringBuilder text)
    {
        switch (reader.Peek())
        {
            case CborKind.UInt: text.Append(CultureInfo.InvariantCulture, $"{reader.ReadUInt()}"); break;
            case CborKind.NegativeInt: text.Append(CultureInfo.InvariantCulture, $"{reader.ReadInt()}"); break;
            case CborKind.Bytes: text.Append("h'").Append(Convert.ToHexStringLower(reader.ReadBytes(int.MaxValue))).Append('\''); break;
            case CborKind.Text: text.Append('"').Append(reader.ReadText(int.MaxValue)).Append('"'); break;
            case CborKind.Null: text.Append(reader.TryReadNull() ? "null" : "?"); break;
            case CborKind.Array:
                text.Append('[');
                for (int left = reader.ReadArray(int.MaxValue); left > 0; left--)
                {
                    Ours(ref reader, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
        }
    }

    private static void Theirs(Oracle.CborReader reader, StringBuilder text)
    {
        switch (reader.PeekState())
        {
            case Oracle.CborReaderState.UnsignedInteger: text.Append(CultureInfo.InvariantCulture, $"{reader.ReadUInt64()}"); break;
            case Oracle.CborReaderState.NegativeInteger: text.Append(CultureInfo.InvariantCulture, $"{reader.ReadInt64()}"); break;
            case Oracle.CborReaderState.ByteString: text.Append("h'").Append(Convert.ToHexStringLower(reader.ReadByteString())).Append('\''); break;
            case Oracle.CborReaderState.TextString: text.Append('"').Append(reader.ReadTextString()).Append('"'); break;
            case Oracle.CborReaderState.Null:
                reader.ReadNull();
                text.Append("null");
                break;
            case Oracle.CborReaderState.StartArray:
                text.Append('[');
                for (int left = reader.ReadStartArray() ?? throw new Oracle.CborContentException("indefinite"); left > 0; left--)
                {
                    Theirs(reader, text);
                    text.Append(',');
                }

                reader.ReadEndArray();
                text.Append(']');
                break;
            default: throw new Oracle.CborContentException("outside the subset");
        }
    }

    private static void Copy(ref CborReader reader, CborWriter writer)
    {
        switch (reader.Peek())
        {
            case CborKind.UInt: writer.WriteUInt(reader.ReadUInt()); break;
            case CborKind.NegativeInt: writer.WriteInt(reader.ReadInt()); break;
            case CborKind.Bytes: writer.WriteBytes(reader.ReadBytes(int.MaxValue)); break;
            case CborKind.Text: writer.WriteText(reader.ReadText(int.MaxValue)); break;
            case CborKind.Null:
                reader.TryReadNull();
                writer.WriteNull();
                break;
            case CborKind.Array:
                int count = reader.ReadArray(int.MaxValue);
                writer.WriteArray(count);
                for (int i = 0; i < count; i++) Copy(ref reader, writer);
                break;
        }
    }

    private static void Random(Random random, CborWriter ours, Oracle.CborWriter theirs, int depthLeft)
    {
        switch (random.Next(depthLeft > 0 ? 8 : 5))
        {
            case 0:
                ulong number = Number(random);
                ours.WriteUInt(number);
                theirs.WriteUInt64(number);
                break;
            case 1:
                long signed = ~(long)(Number(random) >> 1);
                ours.WriteInt(signed);
                theirs.WriteInt64(signed);
                break;
            case 2:
                var bytes = new byte[random.Next(4) == 0 ? random.Next(600) : random.Next(30)];
                random.NextBytes(bytes);
                ours.WriteBytes(bytes);
                theirs.WriteByteString(bytes);
                break;
            case 3:
                string text = Text(random);
                ours.WriteText(text);
                theirs.WriteTextString(text);
                break;
            case 4:
                ours.WriteNull();
                theirs.WriteNull();
                break;
            default:
                int count = random.Next(20) == 0 ? random.Next(300) : random.Next(5);
                ours.WriteArray(count);
                theirs.WriteStartArray(count);
                for (int i = 0; i < count; i++) Random(random, ours, theirs, count > 5 ? 0 : depthLeft - 1);
                theirs.WriteEndArray();
                break;
        }
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (int left = random.Next(28); left > 0; left--)
        {
            int limit = random.Next(4) switch { 0 => 0x80, 1 => 0x800, 2 => 0x10000, _ => 0x110000 };
            int value = random.Next(limit);
            text.Append(Rune.IsValid(value) ? new Rune(value).ToString() : "\ufeff");
        }

        return text.ToString();
    }
}
