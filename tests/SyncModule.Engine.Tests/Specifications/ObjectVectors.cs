using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Chunking;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Values and manifests (§7), chunk boundaries (§8).</summary>
internal static class ObjectVectors
{
    private const int ContentLength = 600_000;

    public static VectorFile Make()
    {
        var file = new VectorFile(VaultFormatVectors.Page, "objects.json", "values, manifests and the cuts of one content");
        var chunk = Reference(ObjectKind.Chunk, 1, 70_000);
        var tail = Reference(ObjectKind.Chunk, 2, 5_000);
        var manifest = new Manifest(0, 75_000, [chunk, tail]);
        var child = Reference(ObjectKind.Manifest, 3, manifest.Encode().Length);
        file.Case("inline value", ("value", Encode(ItemValue.FromBytes("hello"u8.ToArray()))))
            .Case("empty value", ("value", Encode(ItemValue.FromBytes(default))))
            .Case("value of one chunk", ("value", Encode(ItemValue.FromReference(chunk, 70_000))))
            .Case("manifest of level 0", ("manifest", manifest.Encode()))
            .Case("value behind that manifest", ("value", Encode(ItemValue.FromReference(child, 75_000))))
            .Case("manifest of level 1 over two of them", ("manifest", new Manifest(1, 150_000, [child, child]).Encode()))
            .Case("empty manifest", ("manifest", new Manifest(0, 0, []).Encode()))
            .Case("refused: lengths that do not add up", ("manifest", Refused(w => Write(w, 0, 75_001, chunk, tail))))
            .Case("refused: a chunk above level 0", ("manifest", Refused(w => Write(w, 1, 70_000, chunk))))
            .Case("refused: an empty chunk", ("manifest", Refused(w => Write(w, 0, 0, Reference(ObjectKind.Chunk, 1, 0)))))
            .Case("refused: level 9", ("manifest", Refused(w => Write(w, 9, 75_000, child))));
        AddCuts(file);
        return file;
    }

    // The content is SHA-256 of u64 0, 1, 2, …, one behind the other.
    private static void AddCuts(VectorFile file)
    {
        using var epoch = Fixed.Epoch();
        using var genesis = new GenesisKeys(epoch);
        byte[] content = [.. Enumerable.Range(0, (ContentLength / 32) + 1).SelectMany(Block).Take(ContentLength)];
        ulong[] gear = Gear(genesis.Chunking.Span);
        var cuts = new List<int>();
        for (int at = 0; at < content.Length; at += cuts[^1])
        {
            int cut = Chunker.NextCut(content.AsSpan(at), GearTable.Derive(genesis.Chunking.Span), final: true);
            Assert.Equal(NaiveCut(content.AsSpan(at), gear), cut);
            cuts.Add(cut);
        }

        file.Case("gear table", ("cdc", SecretKeyBytes.Of(genesis.Chunking)), ("entries0to3", gear.Take(4).Select(Number)))
            .Case("cuts of 600,000 bytes: H(u64 0), H(u64 1), …", ("first32", content[..32]), ("chunkLengths", cuts));
    }

    private static byte[] Block(int number) => SHA256.HashData(Number((ulong)number));

    private static byte[] Number(ulong number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }

    // The page's own words, without a rolling hash.
    private static ulong[] Gear(ReadOnlySpan<byte> key)
    {
        var stream = HKDF.Expand(HashAlgorithmName.SHA256, key.ToArray(), 2_048, []);
        return [.. Enumerable.Range(0, 256).Select(b => BinaryPrimitives.ReadUInt64BigEndian(stream.AsSpan(8 * b)) & (ulong)long.MaxValue)];
    }

    private static int NaiveCut(ReadOnlySpan<byte> data, ulong[] gear)
    {
        for (int i = 16_384; i < data.Length && i < 262_144; i++)
        {
            ulong hash = 0;
            for (int k = 0; k < 64; k++) hash += gear[data[i - 1 - k]] << k;
            if (hash >> (i < 65_536 ? 47 : 50) == 0) return i;
        }

        return Math.Min(data.Length, 262_144);
    }

    private static ObjectReference Reference(ObjectKind kind, int start, int length) => new(new(Fixed.Counting(start)), new(Fixed.Counting(start + 0x40)), kind, length);

    private static byte[] Encode(ItemValue value)
    {
        var writer = new CborWriter();
        value.Write(writer);
        var reader = new CborReader(writer.Written);
        Assert.Equal(value, ItemValue.Read(ref reader));
        return writer.ToArray();
    }

    private static void Write(CborWriter writer, int level, long total, params ObjectReference[] references)
    {
        writer.WriteArray(4);
        writer.WriteUInt(1);
        writer.WriteUInt((ulong)level);
        writer.WriteUInt((ulong)total);
        writer.WriteArray(references.Length);
        foreach (var reference in references) reference.Write(writer);
    }

    private static byte[] Refused(Action<CborWriter> write)
    {
        var writer = new CborWriter();
        write(writer);
        Assert.Throws<VaultFormatException>(() => { Manifest.Decode(writer.Written); });
        return writer.ToArray();
    }
}
