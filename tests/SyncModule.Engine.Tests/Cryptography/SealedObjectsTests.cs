using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public sealed class SealedObjectsTests : IDisposable
{
    private readonly EpochKeys _epoch = TestKeys.Epoch();

    public void Dispose() => _epoch.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(246)] // fills the shortest P
    [InlineData(247)]
    [InlineData(16_385)]
    [InlineData(1_048_576)]
    [InlineData(SealedObjects.MaxPlain)]
    public void What_is_sealed_opens_again(int length)
    {
        foreach (bool compress in new[] { false, true })
        {
            byte[] plain = new byte[length];
            new Random(length).NextBytes(plain.AsSpan(length / 2));
            var (reference, sealedBytes) = Seal(ObjectKind.Chunk, plain, compress);
            Assert.Equal(Digest.Hash(sealedBytes), reference.Address);
            Assert.Equal(length, reference.Length);
            Assert.InRange(sealedBytes.Length, 272, SealedObjects.MaxSealedSize);
            Assert.True(plain.AsSpan().SequenceEqual(SealedObjects.Open(TestKeys.Vault, reference, sealedBytes)));
            Assert.Equal(reference, Seal(ObjectKind.Chunk, plain, compress).Reference);
        }
    }

    [Fact]
    public void Compression_follows_a_sample_and_leaves_no_plaintext_behind()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the same words again, ", 10_000)));
        Assert.True(Seal(ObjectKind.Chunk, text, compress: true).Sealed.Length < text.Length / 10);

        byte[] noise = RandomNumberGenerator.GetBytes(50_001);
        Assert.Equal(Seal(ObjectKind.Chunk, noise, compress: false).Sealed, Seal(ObjectKind.Chunk, noise, compress: true).Sealed);

        // The middle shrinks by less than a tenth: not worth the reader's time, whatever the ends do.
        byte[] mixed = [.. new byte[20_000], .. noise, .. new byte[20_000]];
        Assert.Equal(Seal(ObjectKind.Chunk, mixed, compress: false).Sealed, Seal(ObjectKind.Chunk, mixed, compress: true).Sealed);

        byte[] destination = new byte[SealedObjects.MaxSealedLength(text.Length)];
        Array.Fill(destination, (byte)0xAA);
        SealedObjects.Seal(_epoch, ObjectKind.Chunk, text, compress: true, destination, out int written);
        Assert.Equal(new byte[destination.Length - written], destination[written..]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(245)]
    [InlineData(246)]
    [InlineData(247)]
    [InlineData(4_096)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData(65_525)]
    [InlineData(65_526)] // one more needs no padding, the next needs most
    [InlineData(65_527)]
    [InlineData(262_144)]
    [InlineData(1_048_576)] // padding too long to put aside
    public void Sealed_from_where_it_stands_it_has_the_same_bytes_and_what_is_around_it_stays(int length)
    {
        const int Around = 40_000;
        foreach (bool shrinks in new[] { false, true })
        {
            byte[] buffer = new byte[Around + length + Around];
            new Random(length).NextBytes(buffer);
            if (shrinks) buffer.AsSpan(Around, length).Fill((byte)'a');
            // With room on both sides, and at the very start and end of a buffer.
            foreach (var (from, to) in new[] { (0, buffer.Length), (Around, buffer.Length), (Around - 9, buffer.Length), (Around - 10, buffer.Length), (0, Around + length), (0, Around + length + 1) })
            {
                byte[] part = buffer[from..to], expected = new byte[SealedObjects.MaxSealedLength(length)], destination = new byte[SealedObjects.MaxSealedLength(length) + 5];
                Array.Fill(destination, (byte)0xAA);
                var key = SealedObjects.SealBody(_epoch, ObjectKind.Chunk, buffer.AsSpan(Around, length), compress: true, null, expected, out int expectedLength);
                Assert.Equal(key, SealedObjects.SealBodyFrom(_epoch, ObjectKind.Chunk, part, Around - from, length, null, destination, out int written));
                Assert.Equal(expected[..expectedLength], destination[..written]);
                Assert.Equal(new byte[expected.Length - written], destination[written..expected.Length]);
                Assert.Equal(buffer[from..to], part);
            }
        }
    }

    [Fact]
    public void Every_flipped_bit_and_every_cut_is_refused()
    {
        var (reference, sealedBytes) = Seal(ObjectKind.Manifest, "references"u8.ToArray(), compress: true);
        for (int bit = 0; bit < sealedBytes.Length * 8; bit++)
        {
            byte[] flipped = TestKeys.Flip(sealedBytes, bit);
            Refused(reference, flipped);
            Refused(reference with { Address = Digest.Hash(flipped) }, flipped); // an address that fits does not help
        }

        for (int length = 0; length < sealedBytes.Length; length++) Refused(reference with { Address = Digest.Hash(sealedBytes.AsSpan(0, length)) }, sealedBytes[..length]);
    }

    [Fact]
    public void All_of_the_reference_counts()
    {
        var (reference, sealedBytes) = Seal(ObjectKind.Chunk, new byte[1000], compress: true);
        Refused(reference with { Address = Id32.Zero }, sealedBytes);
        Refused(reference with { Key = TestKeys.Id(1) }, sealedBytes);
        Refused(reference with { Kind = ObjectKind.Manifest }, sealedBytes);
        Refused(reference with { Length = 999 }, sealedBytes);
        Refused(reference with { Length = 1001 }, sealedBytes);
        Refused(reference with { Length = -1 }, sealedBytes);
        Refused(reference with { Length = long.MaxValue }, sealedBytes);
        Assert.Throws<VaultFormatException>(() => SealedObjects.Open(Id32.Zero, reference, sealedBytes));
    }

    [Fact]
    public void Nothing_matches_across_vaults_epochs_or_kinds()
    {
        byte[] plain = new byte[5000];
        using var other = TestKeys.Epoch();
        byte[] destination = new byte[SealedObjects.MaxSealedLength(plain.Length)];
        var foreign = SealedObjects.Seal(other, ObjectKind.Chunk, plain, compress: false, destination, out _);
        var own = Seal(ObjectKind.Chunk, plain, compress: false).Reference;
        var manifest = Seal(ObjectKind.Manifest, plain, compress: false).Reference;
        Assert.Equal(3, new[] { foreign.Address, own.Address, manifest.Address }.Distinct().Count());
        Assert.Equal(3, new[] { foreign.Key, own.Key, manifest.Key }.Distinct().Count());
    }

    [Fact]
    public void Objects_that_differ_in_one_bit_never_share_a_key()
    {
        // The nonce is always the same (format-1 §0), so a shared key would show the difference of two plaintexts.
        byte[] plain = new byte[300];
        var keys = new HashSet<Id32>();
        for (int bit = 0; bit < plain.Length * 8; bit++) keys.Add(Seal(ObjectKind.Chunk, TestKeys.Flip(plain, bit), compress: false).Reference.Key);
        Assert.Equal(plain.Length * 8, keys.Count);
    }

    [Fact]
    public void The_bytes_are_the_ones_of_the_specification()
    {
        byte[] p = new byte[256];
        p[0] = 3;
        BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(2), 3);
        BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(6), 3);
        "abc"u8.CopyTo(p.AsSpan(10));
        var (reference, sealedBytes) = Make(p, ObjectKind.State, 3);
        var (actual, bytes) = Seal(ObjectKind.State, "abc"u8.ToArray(), compress: true);
        Assert.Equal(reference, actual);
        Assert.Equal(sealedBytes, bytes);
    }

    [Fact]
    public void A_well_sealed_inside_that_the_format_does_not_allow_is_refused()
    {
        byte[] P(byte codec, int plainLength, int dataLength, int size = 256)
        {
            var p = new byte[size];
            p[0] = 1;
            p[1] = codec;
            BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(2), plainLength);
            BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(6), dataLength);
            return p;
        }

        byte[] padding = P(0, 3, 3);
        padding[13] = 1;
        var (fine, fineBytes) = Make(P(0, 3, 3), ObjectKind.Chunk, 3);
        Assert.Equal(new byte[3], SealedObjects.Open(TestKeys.Vault, fine, fineBytes));
        foreach (var (p, length) in new[] { (padding, 3), (P(3, 3, 3), 3), (P(255, 3, 3), 3), (P(0, 3, 4), 3), (P(1, 3, 3), 3), (P(0, 3, 3, 272), 3), (P(0, 247, 247), 247), (P(1, SealedObjects.MaxPlain + 1, 3), SealedObjects.MaxPlain + 1) })
        {
            var (reference, bytes) = Make(p, ObjectKind.Chunk, length);
            Refused(reference, bytes);
        }
    }

    [Fact]
    public void A_bomb_gives_no_more_than_its_reference_says()
    {
        byte[] packed = new byte[4096];
        Assert.True(Zstd.TryCompress(new byte[SealedObjects.MaxPlain], packed, 1, out int written));
        var p = new byte[Padme.PaddedLength(10 + written)];
        p[0] = 1;
        p[1] = 1;
        BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(2), 1000);
        BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(6), written);
        packed.AsSpan(0, written).CopyTo(p.AsSpan(10));
        var (reference, bytes) = Make(p, ObjectKind.Chunk, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(reference, bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
    }

    [Fact]
    public void A_reference_never_shows_its_key()
    {
        var reference = new ObjectReference(TestKeys.Id(0xAB), TestKeys.Id(0xCD), ObjectKind.Chunk, 3);
        Assert.Equal("Chunk abababab (3 bytes)", reference.ToString());
    }

    private (ObjectReference Reference, byte[] Sealed) Seal(ObjectKind kind, byte[] plain, bool compress)
    {
        byte[] destination = new byte[SealedObjects.MaxSealedLength(plain.Length)];
        var reference = SealedObjects.Seal(_epoch, kind, plain, compress, destination, out int written);
        return (reference, destination[..written]);
    }

    private static void Refused(ObjectReference reference, byte[] sealedBytes) =>
        Assert.Throws<VaultFormatException>(() => SealedObjects.Open(TestKeys.Vault, reference, sealedBytes));

    // Written a second time from the text of format-1 §5.
    private (ObjectReference Reference, byte[] Sealed) Make(byte[] p, ObjectKind kind, int length)
    {
        byte[] key = HMACSHA256.HashData(_epoch.ObjectKey.Span, p), text = new byte[p.Length], tag = new byte[16];
        using var gcm = new AesGcm(key, 16);
        gcm.Encrypt(new byte[12], p, text, tag, (byte[])[.. "syncmodule/1/object\0"u8, .. TestKeys.Vault.ToArray()]);
        byte[] bytes = [.. text, .. tag];
        return (new ObjectReference(Digest.Hash(bytes), new Id32(key), kind, length), bytes);
    }
}
