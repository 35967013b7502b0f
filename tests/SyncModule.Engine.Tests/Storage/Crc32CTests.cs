using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_comes_from_instruction_and_table_alike()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0xE3069283u, Crc32C.AppendByInstruction(0, "123456789"u8));
        Assert.Equal(0xE3069283u, Crc32C.AppendByTable(0, "123456789"u8));
    }

    [Fact]
    public void Published_values_of_iSCSI_hold()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32])); // RFC 3720, B.4
        Assert.Equal(0x62A8AB43u, Crc32C.Compute([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void Every_length_and_every_cut_agree()
    {
        byte[] bytes = new byte[99];
        new Random(3).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            uint whole = Crc32C.AppendByTable(0, bytes.AsSpan(0, length));
            Assert.Equal(whole, Crc32C.AppendByInstruction(0, bytes.AsSpan(0, length)));
            int cut = length * 3 / 7;
            Assert.Equal(whole, Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, cut)), bytes.AsSpan(cut, length - cut)));
        }
    }
}
