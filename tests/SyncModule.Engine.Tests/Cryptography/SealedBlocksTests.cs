using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public sealed class SealedBlocksTests : IDisposable
{
    private readonly EpochKeys _epoch = TestKeys.Epoch();
    private readonly BlockContext _context = new(TestKeys.Vault, TestKeys.Id(1), Id16.FromHex(new string('2', 32)), 1, Id16.FromHex(new string('3', 32)));

    public void Dispose() => _epoch.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(247)] // fills the shortest body
    [InlineData(248)]
    [InlineData(65_537)]
    [InlineData(SealedBlocks.MaxPlain)]
    public void What_is_sealed_opens_again(int length)
    {
        foreach (bool compress in new[] { false, true })
        {
            byte[] plain = new byte[length];
            new Random(length).NextBytes(plain.AsSpan(length / 2));
            byte[] block = SealedBlocks.Seal(_epoch.Blocks, _context, plain, compress);
            Assert.InRange(block.Length, SealedBlocks.MinSize, SealedBlocks.MaxSize);
            Assert.Equal(_epoch.EpochId, SealedBlocks.EpochOf(block));
            var opened = SealedBlocks.Open(_epoch.Blocks, _context, block);
            Assert.True(plain.AsSpan().SequenceEqual(opened.Plain));
            Assert.False(opened.IsReference);
            Assert.Equal(block, SealedBlocks.Seal(_epoch.Blocks, _context, plain, compress));
        }
    }

    [Fact]
    public void Compression_is_used_where_it_helps()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the same words again, ", 1000)));
        Assert.True(SealedBlocks.Seal(_epoch.Blocks, _context, text, compress: true).Length < text.Length / 10);
        byte[] noise = RandomNumberGenerator.GetBytes(20_001);
        Assert.Equal(SealedBlocks.Seal(_epoch.Blocks, _context, noise, compress: false), SealedBlocks.Seal(_epoch.Blocks, _context, noise, compress: true));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1100)]
    [InlineData(4000)]
    public void A_short_block_is_compressed_where_that_saves_something(int length)
    {
        byte[] noise = new byte[length];
        new Random(length).NextBytes(noise);
        Assert.Equal(Codec.None, Packed(noise));
        byte[] framed = [.. "item/00000001 text/plain"u8, .. noise];
        Assert.Equal(Codec.None, Packed(framed));
        byte[] text = Encoding.UTF8.GetBytes(Convert.ToBase64String(noise)[..length]);
        Assert.Equal(Codec.Zstd, Packed(text));
        byte[] twice = [.. noise[..(length / 2)], .. noise[..(length / 2)]];
        Assert.Equal(Codec.Zstd, Packed(twice));
        byte[] half = [.. noise[..(length / 2)], .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("names and other words, ", length))[..(length / 2)])];
        Assert.Equal(Codec.Zstd, Packed(half));
    }

    private static Codec Packed(byte[] plain)
    {
        byte[] packed = new byte[plain.Length];
        var codec = Compression.Pack(plain, packed, compress: true, out int length);
        byte[] back = new byte[plain.Length];
        Compression.Unpack(codec, packed.AsSpan(0, length), back);
        Assert.Equal(plain, back);
        return codec;
    }

    [Fact]
    public void Every_flipped_bit_and_every_cut_is_refused()
    {
        byte[] block = SealedBlocks.Seal(_epoch.Blocks, _context, "operations"u8, compress: true);
        for (int bit = 0; bit < block.Length * 8; bit++)
            Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, TestKeys.Flip(block, bit)));
        for (int length = 0; length < block.Length; length++)
            Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, block.AsSpan(0, length)));
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, [.. block, 0]));
    }

    [Fact]
    public void A_block_opens_only_where_it_belongs_and_only_with_its_keys()
    {
        byte[] block = SealedBlocks.Seal(_epoch.Blocks, _context, "operations"u8, compress: true);
        BlockContext[] others =
        [
            _context with { VaultId = Id32.Zero }, _context with { Device = TestKeys.Id(9) }, _context with { Log = Id16.Zero },
            _context with { Sequence = 2 }, _context with { Sequence = 1ul << 56 }, _context with { Tag = Id16.Zero },
        ];
        Assert.All(others, other => Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, other, block)));
        using var foreign = TestKeys.Epoch();
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(foreign.Blocks, _context, block));
        using var member = BlockKeys.ForMembership(_epoch.Network);
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(member, _context, block));
    }

    [Fact]
    public void First_blocks_of_two_devices_and_of_two_logs_have_different_keys()
    {
        byte[] a = SealedBlocks.Seal(_epoch.Blocks, _context, "same"u8, compress: false);
        byte[] b = SealedBlocks.Seal(_epoch.Blocks, _context with { Device = TestKeys.Id(9) }, "same"u8, compress: false);
        byte[] c = SealedBlocks.Seal(_epoch.Blocks, _context with { Log = Id16.Zero }, "same"u8, compress: false);
        byte[] d = SealedBlocks.Seal(_epoch.Blocks, _context, "sane"u8, compress: false);
        var sivs = new[] { a, b, c, d }.Select(x => Convert.ToHexString(x.AsSpan(32, 32)));
        Assert.Equal(4, sivs.Distinct().Count());
    }

    [Fact]
    public void A_membership_block_opens_with_the_network_secret_of_genesis_alone()
    {
        using var genesis = new GenesisKeys(_epoch);
        byte[] block = SealedBlocks.Seal(genesis.Membership, _context with { Tag = Id16.Zero }, "add"u8, compress: false);
        using var keyless = BlockKeys.ForMembership(_epoch.Network);
        Assert.Equal("add"u8.ToArray(), SealedBlocks.Open(keyless, _context with { Tag = Id16.Zero }, block).Plain);
    }

    [Fact]
    public void A_reference_is_told_from_operations()
    {
        var reference = new ObjectReference(TestKeys.Id(4), TestKeys.Id(5), ObjectKind.Block, 5_000_001);
        byte[] block = SealedBlocks.SealReference(_epoch.Blocks, _context, reference);
        var opened = SealedBlocks.Open(_epoch.Blocks, _context, block);
        Assert.True(opened.IsReference);
        var reader = new CborReader(opened.Plain);
        Assert.Equal(reference, ObjectReference.Read(ref reader));
        reader.Finish();
        Assert.Throws<ArgumentException>(() => SealedBlocks.SealReference(_epoch.Blocks, _context, reference with { Kind = ObjectKind.Chunk }));
    }

    [Fact]
    public void The_bytes_are_the_ones_of_the_specification()
    {
        byte[] plain = "abc"u8.ToArray(), body = new byte[256];
        body[4] = 3;
        body[8] = 3;
        plain.CopyTo(body, 9);
        byte[] opened = SealedBlocks.Open(_epoch.Blocks, _context, Make(body)).Plain;
        Assert.Equal(plain, opened);
        Assert.Equal(Make(body), SealedBlocks.Seal(_epoch.Blocks, _context, plain, compress: true));
    }

    [Fact]
    public void Brotli_is_read()
    {
        byte[] plain = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("brotli ", 500))), packed = new byte[200];
        Assert.True(BrotliEncoder.TryCompress(plain, packed, out int written, 5, 22));
        Assert.Equal(plain, SealedBlocks.Open(_epoch.Blocks, _context, Make(Body(2, plain.Length, packed[..written]))).Plain);
        foreach (int wrong in new[] { plain.Length - 1, plain.Length + 1, 0 })
            Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, Make(Body(2, wrong, packed[..written]))));
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, Make(Body(2, plain.Length, [.. packed[..written], 0]))));
    }

    [Fact]
    public void A_well_sealed_inside_that_the_format_does_not_allow_is_refused()
    {
        byte[] good = Body(0, 3, [1, 2, 3]);
        Assert.Equal([1, 2, 3], SealedBlocks.Open(_epoch.Blocks, _context, Make(good)).Plain);
        byte[] padding = [.. good];
        padding[^1] = 1;
        byte[][] bad =
        [
            padding,
            Body(3, 3, [1, 2, 3]), // unknown codec
            Body(0, 4, [1, 2, 3]),
            Body(0, 2, [1, 2, 3]),
            Body(1, 3, [1, 2, 3]), // no zstd
            Body(0, SealedBlocks.MaxPlain + 1, [1, 2, 3]),
            Body(1, int.MaxValue, [1, 2, 3]),
            Body(255, 200, new byte[200]), // longer than a reference
            [.. good, .. new byte[16]], // padded too far
        ];
        Assert.All(bad, body => Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, Make(body))));
        BinaryPrimitives.WriteUInt32BigEndian(good.AsSpan(5), uint.MaxValue);
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, Make(good)));
    }

    [Fact]
    public void A_siv_that_is_not_of_its_body_is_refused_though_the_seal_opens()
    {
        byte[] siv = RandomNumberGenerator.GetBytes(32);
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(_epoch.Blocks, _context, Make(Body(0, 3, [1, 2, 3]), siv)));
    }

    [Fact]
    public void Too_much_is_refused_before_it_is_sealed() =>
        Assert.Throws<ArgumentException>(() => SealedBlocks.Seal(_epoch.Blocks, _context, new byte[SealedBlocks.MaxPlain + 1], compress: false));

    private static byte[] Body(byte codec, int plainLength, byte[] data)
    {
        var body = new byte[Padme.PaddedLength(9 + data.Length)];
        body[0] = codec;
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), plainLength);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(5), data.Length);
        data.CopyTo(body, 9);
        return body;
    }

    // Written a second time from the text of format-1 §3, so that both can be wrong only together.
    private byte[] Make(byte[] body, byte[]? siv = null)
    {
        byte[] sequence = [0, 0, 0, 0, 0, 0, 0, 1];
        byte[] aad =
        [
            .. "syncmodule/1/block\0"u8, .. _context.VaultId.ToArray(), .. _context.Device.ToArray(), .. _context.Log.ToArray(), .. sequence, .. _context.Tag.ToArray(), .. _epoch.EpochId.ToArray(),
        ];
        byte[] length = [0, 0, 0, (byte)aad.Length];
        siv ??= HMACSHA256.HashData(_epoch.Blocks.Siv.Siv.Span, [.. length, .. aad, .. body]);
        byte[] key = HMACSHA256.HashData(_epoch.Blocks.Siv.Key.Span, siv), text = new byte[body.Length], tag = new byte[16];
        using var gcm = new AesGcm(key, 16);
        gcm.Encrypt(new byte[12], body, text, tag, (byte[])[.. aad, .. siv]);
        return [.. _epoch.EpochId.ToArray(), .. siv, .. text, .. tag];
    }
}
