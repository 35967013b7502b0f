using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Model;

public class MetadataTests
{
    [Theory]
    [InlineData("file", 420, null)]
    [InlineData("file", null, null)]
    [InlineData("link", null, "../elsewhere")]
    [InlineData("dir", 493, "both")]
    public void What_is_kept_of_a_file_is_what_its_parts_make(string type, int? mode, string? target)
    {
        var expected = new Metadata().With(Metadata.TypeKey, type).With(Metadata.TimeKey, -7);
        if (mode is { } bits) expected.With(Metadata.ModeKey, bits);
        if (target is not null) expected.With(Metadata.TargetKey, target);
        Assert.Equal(expected.Entries, Metadata.OfFile(type, -7, mode, target).Entries);
    }

    [Fact]
    public void Entries_stand_in_order_however_they_came()
    {
        var metadata = new Metadata().With("mtime", 5).With("a", "x").With("type", "file").With("mode", 0x1A4);
        Assert.Equal(["a", "mode", "mtime", "type"], metadata.Entries.Select(e => e.Key));
        Assert.Equal(("x", 5L, (string?)null, (long?)null), (metadata.Text("a"), metadata.Number("mtime"), metadata.Text("mtime"), metadata.Number("none")));
    }

    [Fact]
    public void An_entry_is_replaced_by_one_of_another_kind()
    {
        var metadata = new Metadata().With("a", "x").With("b", 1).With("a", 2);
        Assert.Equal([new("a", 2L), new("b", 1L)], metadata.Entries);
    }

    [Fact]
    public void A_clone_and_a_list_that_was_read_stay_as_they_were()
    {
        var metadata = new Metadata().With("a", "x");
        var (clone, entries) = (metadata.Clone(), metadata.Entries);
        metadata.With("a", "y").With("b", 1);
        clone.With("c", 2);
        Assert.Equal("x", clone.Text("a"));
        Assert.Equal([new("a", "x")], entries);
        Assert.Equal(["a", "b"], metadata.Entries.Select(e => e.Key));
    }

    [Theory]
    [InlineData("type", "file")]
    [InlineData("typ", "fil")]
    [InlineData("types", "files")]
    [InlineData("kind", "securestring")]
    [InlineData("größe", "")]
    public void Texts_come_back_known_or_not(string key, string text)
    {
        var reader = new CborReader(Encoded(new Metadata().With(key, text).With("zz", long.MinValue)));
        Assert.Equal([new(key, text), new("zz", long.MinValue)], Metadata.Read(ref reader).Entries);
    }

    [Fact]
    public void Many_times_the_usual_texts_are_one_string()
    {
        byte[] encoded = Encoded(new Metadata().With(Metadata.TypeKey, "file"));
        var first = new CborReader(encoded);
        var second = new CborReader(encoded);
        Assert.Same(Metadata.Read(ref first).Text("type"), Metadata.Read(ref second).Text("type"));
    }

    [Theory]
    [InlineData("828261620182616101")] // b, a
    [InlineData("828261610182616102")] // a, a
    public void Entries_out_of_order_are_refused(string hex)
    {
        byte[] encoded = Convert.FromHexString(hex);
        Assert.Throws<VaultFormatException>(() =>
        {
            var reader = new CborReader(encoded);
            Metadata.Read(ref reader);
        });
    }

    private static byte[] Encoded(Metadata metadata)
    {
        var writer = new CborWriter();
        metadata.Write(writer);
        return writer.ToArray();
    }
}
