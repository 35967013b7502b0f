using SyncModule.Core.Encoding;

namespace SyncModule.Core.Tests.Encoding;

/// <summary>RFC 8949 Appendix F.1, "Examples for CBOR Data Items That Are Not Well-Formed", and what format-1 §0 forbids besides.</summary>
public class CborNotWellFormedTests
{
    [Theory]
    [InlineData("end of input in a head", "18|19|1a|1b|1901|1a0102|1b01020304050607|38|58|78|98|9a01ff00|b8|d8|f8|f900|fa0000|fb000000")]
    [InlineData("definite length string with short data", "41|61|5affffffff00|5bffffffffffffffff010203|7affffffff00|7b7fffffffffffffff010203")]
    [InlineData("definite length array or map without enough items", "81|818181818181818181|8200|a1|a20102|a100|a2000000")]
    [InlineData("tag without content", "c0")]
    [InlineData("indefinite length string without break", "5f4100|7f6100")]
    [InlineData("indefinite length array or map without break", "9f|9f0102|bf|bf01020102|819f|9f8000|9f9f9f9f9fffffffff|9f819f819f9fffffff")]
    [InlineData("reserved additional information", "1c|1d|1e|3c|3d|3e|5c|5d|5e|7c|7d|7e|9c|9d|9e|bc|bd|be|dc|dd|de|fc|fd|fe")]
    [InlineData("reserved two-byte simple value", "f800|f801|f818|f81f")]
    [InlineData("chunk of another type in an indefinite length string", "5f00ff|5f21ff|5f6100ff|5f80ff|5fa0ff|5fc000ff|5fe0ff|7f4100ff")]
    [InlineData("indefinite length chunk in an indefinite length string", "5f5f4100ffff|7f7f6100ffff")]
    [InlineData("break outside", "ff")]
    [InlineData("break in a definite length array, map or tag", "81ff|8200ff|a1ff|a1ff00|a100ff|a20000ff|9f81ff|9f829f819f9fffffffff")]
    [InlineData("break after an odd number of map items", "bf00ff|bf000000ff")]
    [InlineData("additional information 31 for a number or tag", "1f|3f|df")]
    [InlineData("empty input", "")]
    [InlineData("not the shortest form (§4.2.1)", "1800|1817|190000|1900ff|1a00000000|1a0000ffff|1b0000000000000000|1b00000000ffffffff|3800|3900ff|5800|5900ff|7817|7900ff|9800|9900ff00")]
    [InlineData("bytes behind the end", "0000|f6f6|8000|810000|410000|f600")]
    [InlineData("not UTF-8", "61ff|6180|62c080|62c328|63eda080|63edbfbf|64f4908080|63e28228|64f0808080|61c3")]
    public void Malformed_input_is_refused_by_reading_and_by_skipping(string what, string examples)
    {
        foreach (string hex in examples.Split('|'))
        {
            byte[] data = Convert.FromHexString(hex);
            Assert.True(Refused(() => CborDiagnostic.Ours(data)), $"{what}: {hex} was read");
            Assert.True(Refused(() => SkipWhole(data)), $"{what}: {hex} was skipped");
        }
    }

    [Fact]
    public void Sixteen_nested_arrays_are_read_and_seventeen_are_not()
    {
        byte[] sixteen = [.. Enumerable.Repeat((byte)0x81, 15), 0x80];
        Assert.Equal(sixteen, CborDiagnostic.Reencode(sixteen));
        byte[] seventeen = [0x81, .. sixteen];
        Assert.Throws<VaultFormatException>(() => CborDiagnostic.Ours(seventeen));
        Assert.Throws<VaultFormatException>(() => SkipWhole(seventeen));

        // Depth is what is open at once, not what was ever opened.
        byte[] manySiblings = [0x98, 100, .. Enumerable.Repeat((byte)0x80, 100)];
        Assert.Equal(manySiblings, CborDiagnostic.Reencode(manySiblings));
    }

    [Fact]
    public void Numbers_outside_64_bits_are_refused_alike_by_reading_and_skipping()
    {
        Assert.Equal("-9223372036854775808", CborDiagnostic.Ours(Convert.FromHexString("3b7fffffffffffffff")));
        foreach (string hex in new[] { "3b8000000000000000", "3bffffffffffffffff" })
        {
            Assert.Throws<VaultFormatException>(() => CborDiagnostic.Ours(Convert.FromHexString(hex)));
            Assert.Throws<VaultFormatException>(() => SkipWhole(Convert.FromHexString(hex)));
        }

        Assert.Throws<VaultFormatException>(() => new CborReader(Convert.FromHexString("1b8000000000000000")).ReadInt());
    }

    [Fact]
    public void An_array_that_is_left_before_its_end_is_not_finished()
    {
        Assert.Throws<VaultFormatException>(() =>
        {
            var reader = new CborReader([0x82, 0x01, 0x80]);
            reader.ReadArrayOf(2);
            reader.ReadUInt();
            reader.Finish();
        });
        Assert.Throws<VaultFormatException>(() => new CborReader([0x82, 0x01, 0x02]).ReadArrayOf(3));
        Assert.Throws<VaultFormatException>(() => new CborReader([0x82, 0x01, 0x02]).ReadArrayOf(1));
    }

    [Fact]
    public void Limits_hold_at_the_limit_and_one_above()
    {
        Assert.Equal(24UL, new CborReader([0x18, 24]).ReadUInt(24));
        Assert.Throws<VaultFormatException>(() => new CborReader([0x18, 25]).ReadUInt(24));
        Assert.Equal(3, new CborReader([0x43, 1, 2, 3]).ReadBytes(3).Length);
        Assert.Throws<VaultFormatException>(() => new CborReader([0x43, 1, 2, 3]).ReadBytes(2).Length);
        Assert.Throws<VaultFormatException>(() => new CborReader([0x43, 1, 2, 3]).ReadBytesOf(4).Length);
        Assert.Equal("é", new CborReader([0x62, 0xC3, 0xA9]).ReadText(2));
        Assert.Throws<VaultFormatException>(() => new CborReader([0x62, 0xC3, 0xA9]).ReadText(1));
        Assert.Equal(2, new CborReader([0x82, 0, 0]).ReadArray(2));
        Assert.Throws<VaultFormatException>(() => new CborReader([0x82, 0, 0]).ReadArray(1));
    }

    [Fact]
    public void Text_without_a_UTF8_form_is_not_written()
    {
        Assert.Throws<VaultFormatException>(() => new CborWriter().WriteText("a\ud800b"));
    }

    private static void SkipWhole(byte[] data)
    {
        var reader = new CborReader(data);
        reader.Skip();
        reader.Finish();
    }

    private static bool Refused(Action read)
    {
        try
        {
            read();
            return false;
        }
        catch (VaultFormatException)
        {
            return true;
        }
    }
}
