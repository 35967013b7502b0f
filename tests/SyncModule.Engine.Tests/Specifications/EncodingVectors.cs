using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>CBOR (§2) and padding (§3).</summary>
internal static class EncodingVectors
{
    private static readonly (string What, string Hex)[] Refused =
    [
        ("an empty map", "a0"),
        ("a tag", "c000"),
        ("false", "f4"),
        ("undefined", "f7"),
        ("a float", "f93c00"),
        ("23 in two bytes", "1817"),
        ("255 in three bytes", "1900ff"),
        ("a length that is not in its shortest form", "5801aa"),
        ("a string of indefinite length", "5f41aaff"),
        ("an array of indefinite length", "9f00ff"),
        ("text that is not UTF-8", "62c328"),
        ("text with an encoded surrogate", "63eda080"),
        ("a string that ends too early", "42aa"),
        ("an array that claims more items than bytes are left", "9a7fffffff00"),
        ("bytes behind the end", "0000"),
        ("arrays 17 deep", "81818181818181818181818181818181" + "80"),
        ("nothing", ""),
    ];

    public static VectorFile Make()
    {
        var file = new VectorFile(CryptographyVectors.Page, "encoding.json", "CBOR shapes and padded lengths");
        foreach (ulong value in (ulong[])[0, 23, 24, 255, 256, 65_535, 65_536, uint.MaxValue, 1UL << 32, ulong.MaxValue])
        {
            file.Case(FormattableString.Invariant($"unsigned {value}"), ("cbor", Encode(w => w.WriteUInt(value))));
        }

        foreach (long value in (long[])[-1, -24, -25, -256, -257, long.MinValue])
        {
            file.Case(FormattableString.Invariant($"negative {value}"), ("cbor", Encode(w => w.WriteInt(value))));
        }

        file.Case("bytes", ("bytes", Fixed.Counting(1, 5)), ("cbor", Encode(w => w.WriteBytes(Fixed.Counting(1, 5)))))
            .Case("id", ("bytes", Fixed.Counting(1)), ("cbor", Encode(w => w.WriteId(new Core.Model.Id32(Fixed.Counting(1))))))
            .Case("text", ("valueText", "Grüße 😀"), ("cbor", Encode(w => w.WriteText("Grüße 😀"))))
            .Case("null", ("cbor", Encode(w => w.WriteNull())))
            .Case("array of an empty array, an empty string and null", ("cbor", Encode(WriteNested)))
            .Case("arrays 16 deep", ("cbor", Checked(Convert.FromHexString(string.Concat(Enumerable.Repeat("81", 15)) + "80"))));
        foreach (var (what, hex) in Refused) file.Case("refused: " + what, ("cbor", Unreadable(Convert.FromHexString(hex))));
        foreach (int length in (int[])[0, 1, 256, 257, 300, 511, 512, 513, 1_000, 4_096, 4_097, 65_545, 1_000_000, 15 << 20])
        {
            file.Case(FormattableString.Invariant($"padded length of {length}"), ("length", length), ("padded", Padme.PaddedLength(length)));
        }

        return file;
    }

    private static void WriteNested(CborWriter writer)
    {
        writer.WriteArray(3);
        writer.WriteArray(0);
        writer.WriteText("");
        writer.WriteNull();
    }

    private static byte[] Encode(Action<CborWriter> write)
    {
        var writer = new CborWriter();
        write(writer);
        return Checked(writer.ToArray());
    }

    private static byte[] Checked(byte[] cbor)
    {
        var reader = new CborReader(cbor);
        // Skip reads signed numbers in 64 bits; the greatest unsigned one it takes as it is.
        reader.Skip();
        reader.Finish();
        return cbor;
    }

    private static byte[] Unreadable(byte[] cbor)
    {
        Assert.Throws<VaultFormatException>(() => { Checked(cbor); });
        return cbor;
    }
}
