using System.Text.Json;
using SyncModule.Core.Encoding;
using SyncModule.Tests.Shared;
using Oracle = System.Formats.Cbor;

namespace SyncModule.Core.Tests.Encoding;

/// <summary>The examples of RFC 8949 Appendix A: the format's own subset is read and written back, all others are refused.</summary>
public class CborAppendixATests
{
    [VectorFact("cbor")]
    public void Items_of_the_subset_decode_to_the_published_value_and_encode_to_the_same_bytes()
    {
        int accepted = 0;
        foreach (var (hex, item) in Items())
        {
            byte[] data = Convert.FromHexString(hex);
            if (!InSubset(data)) continue;
            accepted++;
            Assert.Equal(CborDiagnostic.Theirs(data), CborDiagnostic.Ours(data));
            if (item.TryGetProperty("decoded", out var decoded)) Assert.Equal(Show(decoded), CborDiagnostic.Ours(data));
            Assert.Equal(hex, Convert.ToHexStringLower(CborDiagnostic.Reencode(data)));
        }

        Assert.Equal(SubsetCount, accepted);
    }

    [VectorFact("cbor")]
    public void Everything_else_is_refused()
    {
        int refused = 0;
        foreach (var (hex, _) in Items())
        {
            byte[] data = Convert.FromHexString(hex);
            if (InSubset(data)) continue;
            refused++;
            Assert.Throws<VaultFormatException>(() => CborDiagnostic.Ours(data));
            Assert.Throws<VaultFormatException>(() => Skip(data));
        }

        Assert.Equal(82 - SubsetCount, refused);
    }

    [VectorFact("cbor")]
    public void The_two_byte_form_of_a_one_byte_simple_value_is_refused()
    {
        Assert.Contains(Items(), pair => string.Equals(pair.Hex, "f818", StringComparison.Ordinal));
        Assert.Throws<VaultFormatException>(() => Skip([0xF8, 0x18]));
    }

    // 11 unsigned, 4 negative in the range of 64 bits, 2 byte strings, 7 texts, 4 arrays, null.
    private const int SubsetCount = 29;

    private static void Skip(byte[] data)
    {
        var reader = new CborReader(data);
        reader.Skip();
        reader.Finish();
    }

    private static IEnumerable<(string Hex, JsonElement Item)> Items()
    {
        foreach (var item in Vectors.Json("cbor", "appendix_a.json").EnumerateArray()) yield return (item.GetProperty("hex").GetString()!, item);
    }

    // Decided without the reader under test: the platform's reader names each type it meets.
    private static bool InSubset(byte[] data)
    {
        try
        {
            CborDiagnostic.Theirs(data);
            return true;
        }
        catch (Exception e) when (e is Oracle.CborContentException or OverflowException)
        {
            return false;
        }
    }

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "[" + string.Concat(value.EnumerateArray().Select(item => Show(item) + ",")) + "]",
        JsonValueKind.String => "\"" + value.GetString() + "\"",
        _ => value.GetRawText(),
    };
}
