using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Model;

public class ObjectReferenceTests
{
    private static readonly ObjectReference Sample = new(Id32.FromHex(new string('1', 64)), Id32.FromHex(new string('2', 64)), ObjectKind.Manifest, 70_001);

    [Theory]
    [InlineData(ObjectKind.Chunk, 0)]
    [InlineData(ObjectKind.Block, 24)]
    [InlineData(ObjectKind.State, ObjectReference.MaxLength)]
    public void A_reference_survives_its_encoding(ObjectKind kind, long length)
    {
        var reference = Sample with { Kind = kind, Length = length };
        byte[] encoded = Encode(reference);
        Assert.InRange(encoded.Length, 70, ObjectReference.MaxEncodedSize);
        Assert.Equal(reference, Decode(encoded));
    }

    [Fact]
    public void The_encoding_is_the_one_of_the_specification()
    {
        byte[] expected = [0x84, 0x58, 32, .. Sample.Address.ToArray(), 0x58, 32, .. Sample.Key.ToArray(), 2, 0x1A, 0, 1, 0x11, 0x71];
        Assert.Equal(expected, Encode(Sample));
    }

    [Fact]
    public void Unknown_kinds_and_lengths_over_the_limit_are_refused()
    {
        Assert.Throws<VaultFormatException>(() => Decode(Encode(Sample with { Kind = 0 })));
        Assert.Throws<VaultFormatException>(() => Decode(Encode(Sample with { Kind = (ObjectKind)5 })));
        Assert.Throws<VaultFormatException>(() => Decode(Encode(Sample with { Length = ObjectReference.MaxLength + 1L })));
        Assert.Throws<VaultFormatException>(() => Decode(Encode(Sample)[..^1]));
        Assert.Throws<VaultFormatException>(() => Decode([.. Encode(Sample), 0]));
    }

    private static byte[] Encode(ObjectReference reference)
    {
        var writer = new CborWriter();
        reference.Write(writer);
        return writer.ToArray();
    }

    private static ObjectReference Decode(byte[] encoded)
    {
        var reader = new CborReader(encoded);
        var reference = ObjectReference.Read(ref reader);
        reader.Finish();
        return reference;
    }
}
