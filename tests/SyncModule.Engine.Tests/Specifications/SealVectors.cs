using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>
/// Blocks (§6), objects (§7) and rows (§11). Compressed bodies are built here from streams that are written out by hand: what a
/// library's encoder gives may change with its version, what a decoder has to understand may not.
/// </summary>
internal static class SealVectors
{
    private static readonly byte[] Plain = "81"u8.ToArray();

    // RFC 8878: one segment, 2-byte content size 1,000 − 256, one last RLE block of 1,000 'a'.
    private static readonly byte[] ZstdFrame = Convert.FromHexString("28b52ffd60e802431f0061");

    // RFC 7932: one uncompressed meta-block with "hello world", then the empty last one.
    private static readonly byte[] BrotliStream = Convert.FromHexString("0b058068656c6c6f20776f726c6403");

    public static VectorFile Make()
    {
        var file = new VectorFile(CryptographyVectors.Page, "seals.json", "blocks and objects under the keys of keys.json");
        using var epoch = Fixed.Epoch();
        using var genesis = new GenesisKeys(epoch);
        var context = Context(genesis.TagOf("items"));
        byte[] block = SealedBlocks.Seal(epoch.Blocks, context, Plain, compress: false);
        var member = Context(default);
        byte[] memberBlock = SealedBlocks.Seal(genesis.Membership, member, Plain, compress: false);
        var reference = new ObjectReference(new(Fixed.Counting(1)), new(Fixed.Counting(0x21)), ObjectKind.Block, 5_000);
        byte[] referring = SealedBlocks.SealReference(epoch.Blocks, context, reference);
        file.Case("block", [.. Place(context), ("plain", Plain), ("siv", block[32..64]), ("block", block), ("id", BlockIds.Compute(block))])
            .Case("block of the membership lane", [.. Place(member), ("plain", Plain), ("block", memberBlock), ("id", BlockIds.Compute(memberBlock))])
            .Case("block with a reference (codec 255)", [.. Place(context), ("plain", SealedBlocks.Open(epoch.Blocks, context, referring).Plain), ("block", referring)])
            .Case("a block in another place is malformed", [.. Place(Elsewhere(context)), ("block", Refused(epoch, Elsewhere(context), block))]);
        AddObjects(file, epoch);
        using var rows = new RowSealer(Fixed.Counting(1), Fixed.Counting(2), SyncErrors.IndexDamaged);
        file.Case("row", ("sivKey", Fixed.Counting(1)), ("keyKey", Fixed.Counting(2)), ("table", 4), ("rowKey", Fixed.Counting(0x10, 16)), ("body", "row"u8.ToArray()), ("row", rows.Seal(4, Fixed.Counting(0x10, 16), "row"u8)));
        return file;
    }

    private static void AddObjects(VectorFile file, EpochKeys epoch)
    {
        byte[] chunk = Fixed.Counting(0, 300);
        var destination = new byte[SealedObjects.MaxSealedLength(chunk.Length)];
        var reference = SealedObjects.Seal(epoch, ObjectKind.Chunk, chunk, compress: false, destination, out int length);
        file.Case("object", [("plain", chunk), .. Sealed(reference, destination[..length])])
            .Case("object with zstd", Compressed(epoch, 1, ZstdFrame, [.. Enumerable.Repeat((byte)'a', 1_000)]))
            .Case("object with brotli", Compressed(epoch, 2, BrotliStream, "hello world"u8.ToArray()));
        byte[] body = Body(ObjectKind.Chunk, 0, chunk, chunk.Length);
        body[^1] = 1;
        var (padded, bytes) = Seal(epoch, body, chunk.Length);
        Assert.Throws<VaultFormatException>(() => SealedObjects.Open(Fixed.Vault, padded, bytes));
        file.Case("refused: padding that is not zero", Sealed(padded, bytes));
    }

    // Sealed by the page's own words, opened by the product.
    private static (string Field, object Value)[] Compressed(EpochKeys epoch, byte codec, byte[] data, byte[] plain)
    {
        var (reference, bytes) = Seal(epoch, Body(ObjectKind.Chunk, codec, data, plain.Length), plain.Length);
        Assert.Equal(plain, SealedObjects.Open(Fixed.Vault, reference, bytes));
        return [("data", data), ("plain", plain), .. Sealed(reference, bytes)];
    }

    private static byte[] Body(ObjectKind kind, byte codec, byte[] data, int plainLength)
    {
        var body = new byte[Padme.PaddedLength(10 + data.Length)];
        (body[0], body[1]) = ((byte)kind, codec);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(2), plainLength);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(6), data.Length);
        data.CopyTo(body, 10);
        return body;
    }

    private static (ObjectReference Reference, byte[] Sealed) Seal(EpochKeys epoch, byte[] body, int plainLength)
    {
        byte[] key = HMACSHA256.HashData(epoch.ObjectKey.Span, body), bytes = new byte[body.Length + 16];
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(new byte[12], body, bytes.AsSpan(0, body.Length), bytes.AsSpan(body.Length), [.. Labels.Object, .. Fixed.Vault.ToArray()]);
        return (new(Digest.Hash(bytes), new(key), (ObjectKind)body[0], plainLength), bytes);
    }

    private static (string Field, object Value)[] Sealed(ObjectReference reference, byte[] bytes)
    {
        var writer = new CborWriter();
        reference.Write(writer);
        return [("address", reference.Address), ("key", reference.Key), ("reference", writer.ToArray()), ("sealed", bytes)];
    }

    private static BlockContext Context(CollectionTag tag)
    {
        using var founder = Fixed.Founder();
        return new(Fixed.Vault, founder.Device, tag.IsZero ? Fixed.MembershipLog : Fixed.DataLog, 1, tag);
    }

    private static BlockContext Elsewhere(BlockContext context) => context with { Sequence = 2 };

    private static byte[] Refused(EpochKeys epoch, BlockContext context, byte[] block)
    {
        Assert.Throws<VaultFormatException>(() => SealedBlocks.Open(epoch.Blocks, context, block));
        return block;
    }

    private static (string Field, object Value)[] Place(BlockContext context) =>
        [("vaultId", context.VaultId), ("device", context.Device), ("log", context.Log), ("sequence", context.Sequence), ("tag", context.Tag)];
}
