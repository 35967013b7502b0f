using SyncModule.Core.Model;
using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.Tests.Output;

public class HumanTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1_048_575, "1.0 MiB")]
    [InlineData(5_368_709_120, "5.0 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void Sizes_have_a_unit_that_fits(long bytes, string shown) => Assert.Equal(shown, Human.Bytes(bytes));

    [Theory]
    [InlineData("plain naïve 漢字", "plain naïve 漢字")]
    [InlineData("a\u001b[31m", "a\\u001b[31m")]
    [InlineData("x\u202ey\u2028z", "x\\u202ey\\u2028z")]
    public void What_moves_a_cursor_is_escaped(string text, string shown) => Assert.Equal(shown, Printable.Of(text));

    [Fact]
    public void A_table_aligns_wide_characters_and_cuts_nothing()
    {
        var table = new TextTable("name", ">bytes");
        table.Add("漢字", "1 B");
        table.Add(new string('n', 300), "22 B");
        using var output = new StringWriter();
        table.WriteTo(output, styled: false);
        string[] lines = output.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Contains(new string('n', 300), lines[2], StringComparison.Ordinal);
        // Two characters that take two cells each.
        Assert.Equal(lines[2].Length - 2, lines[1].Length);
    }
}
