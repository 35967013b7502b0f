using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Model;

public class ManifestTests
{
    [Fact]
    public void A_manifest_survives_encoding_and_its_bytes_are_as_specified()
    {
        var manifest = new Manifest(0, 70_001, [FakeObjects.Chunk(1, 70_000), FakeObjects.Chunk(2, 1)]);
        byte[] encoded = manifest.Encode();
        Assert.Equal(manifest, Manifest.Decode(encoded));
        Assert.Equal(manifest.GetHashCode(), Manifest.Decode(encoded).GetHashCode());

        string reference = "84" + "5820" + new string('0', 63) + "1" + "5820" + "ff" + new string('0', 61) + "1" + "01" + "1a00011170";
        Assert.StartsWith("840100" + "1a00011171" + "82" + reference, Convert.ToHexStringLower(encoded), StringComparison.Ordinal);
        Assert.Equal("8401000080", Convert.ToHexStringLower(new Manifest(0, 0, []).Encode()));
        Assert.NotEqual(manifest, manifest with { TotalLength = 2 });
        Assert.NotEqual(manifest, manifest with { References = [.. manifest.References.Reverse()] });
    }

    [Fact]
    public void The_largest_manifest_is_within_its_stated_length()
    {
        var references = Enumerable.Range(1, 256).Select(i => FakeObjects.Chunk(i, 1 << 23) with { Kind = ObjectKind.Manifest }).ToArray();
        byte[] encoded = new Manifest(8, Manifest.MaxTotalLength, references).Encode();
        Assert.InRange(encoded.Length, Manifest.MaxEncodedLength - (4 * 256), Manifest.MaxEncodedLength);
        Assert.Equal(256, Manifest.Decode(encoded).References.Count);
    }

    [Fact]
    public void Anything_that_is_no_manifest_is_refused()
    {
        var one = FakeObjects.Chunk(1, 100);
        var child = one with { Kind = ObjectKind.Manifest };
        Refused(1, 9, 100, [child]);
        Refused(2, 0, 100, [one]);
        Refused(0, 0, 100, [one]);
        Refused(1, 0, 99, [one]);
        Refused(1, 0, 101, [one]);
        Refused(1, 0, 100, []);
        Refused(1, 1, 0, []);
        Refused(1, 1, 100, []);
        Refused(1, 1, 1, [child, child]);
        Refused(1, 0, 100, [child]);
        Refused(1, 1, 100, [one]);
        Refused(1, 0, 100, [one with { Kind = ObjectKind.State }]);
        Refused(1, 0, 100, [one with { Kind = ObjectKind.Block }]);
        Refused(1, 0, 100, [one with { Kind = 0 }]);
        Refused(1, 0, 100, [one with { Kind = (ObjectKind)5 }]);
        Refused(1, 0, 0, [one with { Length = 0 }]);
        Refused(1, 0, 100, [one, one with { Length = 0 }]);
        Refused(1, 0, 257, [.. Enumerable.Repeat(FakeObjects.Chunk(1, 1), 257)]);
        Refused(1, 1, Manifest.MaxTotalLength + 1, [child]);
        Refused(1, 1, long.MaxValue, [child]);
        Refused(1, 0, 0, [.. Enumerable.Repeat(one with { Length = ObjectReference.MaxLength }, 256)]);
        Refused(1, 0, ObjectReference.MaxLength + 1, [one with { Length = ObjectReference.MaxLength + 1 }]);
    }

    [Fact]
    public void Cut_or_extended_bytes_are_refused_and_damaged_ones_have_one_encoding_or_none()
    {
        byte[] encoded = new Manifest(0, 70_001, [FakeObjects.Chunk(1, 70_000), FakeObjects.Chunk(2, 1)]).Encode();
        for (int length = 0; length < encoded.Length; length++) Assert.Throws<VaultFormatException>(() => Manifest.Decode(encoded.AsSpan(0, length)));
        Assert.Throws<VaultFormatException>(() => Manifest.Decode([.. encoded, 0]));
        var random = new Random(5);
        for (int i = 0; i < 20_011; i++)
        {
            byte[] damaged = Encoding.CborMutation.Mutate(random, encoded);
            try
            {
                // What still decodes has one encoding only; whether it is the right manifest is for the sealing to say.
                Assert.Equal(damaged, Manifest.Decode(damaged).Encode());
            }
            catch (VaultFormatException)
            {
            }
        }
    }

    [Fact]
    public void An_impossible_manifest_is_not_written()
    {
        Assert.Throws<VaultFormatException>(() => new Manifest(0, 5, []).Encode());
        Assert.Throws<VaultFormatException>(() => new Manifest(9, 1, [FakeObjects.Chunk(1, 1)]).Encode());
        Assert.Throws<VaultFormatException>(() => new Manifest(-1, 1, [FakeObjects.Chunk(1, 1)]).Encode());
        Assert.Throws<VaultFormatException>(() => new Manifest(0, -1, [FakeObjects.Chunk(1, -1)]).Encode());
    }

    private static void Refused(int version, int level, long total, ObjectReference[] references)
    {
        var writer = new CborWriter();
        writer.WriteArray(4);
        writer.WriteInt(version);
        writer.WriteInt(level);
        writer.WriteInt(total);
        writer.WriteArray(references.Length);
        foreach (var reference in references) reference.Write(writer);
        Assert.Throws<VaultFormatException>(() => Manifest.Decode(writer.Written));
    }
}
