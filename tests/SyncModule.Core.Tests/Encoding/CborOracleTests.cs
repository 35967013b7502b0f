using FsCheck;
using FsCheck.Fluent;
using SyncModule.Core.Encoding;

namespace SyncModule.Core.Tests.Encoding;

/// <summary>The codec against System.Formats.Cbor in canonical mode, an independent implementation.</summary>
public class CborOracleTests
{
    [Fact]
    public void Random_items_are_written_alike_and_read_back_alike()
    {
        var random = new Random(8949);
        for (int i = 0; i < 20_011; i++)
        {
            var (ours, theirs) = CborDiagnostic.Random(random);
            Assert.Equal(theirs, ours);
            Assert.Equal(CborDiagnostic.Theirs(theirs), CborDiagnostic.Ours(ours));
            Assert.Equal(ours, CborDiagnostic.Reencode(ours));
            Assert.Equal(ours, Encoded(ours));
        }
    }

    [Fact]
    public void What_is_accepted_of_mutated_bytes_is_accepted_by_the_oracle_with_the_same_value()
    {
        var random = new Random(4201);
        int accepted = 0;
        for (int i = 0; i < 100_003; i++)
        {
            byte[] data = CborMutation.Mutate(random, CborDiagnostic.Random(random).Ours);
            string ours;
            try
            {
                ours = CborDiagnostic.Ours(data);
            }
            catch (VaultFormatException)
            {
                continue;
            }

            accepted++;
            Assert.Equal(CborDiagnostic.Theirs(data), ours);
            Assert.Equal(data, CborDiagnostic.Reencode(data));
            Assert.Equal(data, Encoded(data));
        }

        // Both outcomes are met often, or the comparison above says little.
        Assert.InRange(accepted, 10_000, 90_000);
    }

    [Fact]
    public void Any_integer_text_and_byte_string_survives() =>
        Prop.ForAll<long, byte[], NonNull<string>>((number, bytes, text) =>
        {
            if (bytes is null) return true;
            string valid = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Get));
            var writer = new CborWriter();
            writer.WriteArray(4);
            writer.WriteInt(number);
            writer.WriteBytes(bytes);
            writer.WriteText(valid);
            writer.WriteNull();
            var reader = new CborReader(writer.Written);
            reader.ReadArrayOf(4);
            bool same = reader.ReadInt() == number && reader.ReadBytes(int.MaxValue).SequenceEqual(bytes)
                && string.Equals(reader.ReadText(int.MaxValue), valid, StringComparison.Ordinal) && reader.TryReadNull();
            reader.Finish();
            return same;
        }).QuickCheckThrowOnFailure();

    private static byte[] Encoded(byte[] data)
    {
        var reader = new CborReader(data);
        byte[] encoded = reader.ReadEncoded().ToArray();
        reader.Finish();
        return encoded;
    }
}
