using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// One node of the tree that lists a content's chunks: CBOR [1, level, total length, [reference…]] (format-1 §5). Level 0 lists
/// chunks, level n lists manifests of level n − 1, in the content's order.
/// </summary>
/// <param name="Level">0 … <see cref="MaxLevel"/>.</param>
/// <param name="TotalLength">Bytes of content below this node, 0 … 2^53.</param>
/// <param name="References">
/// At most <see cref="MaxReferences"/>; none only where the content is empty. Their length is that of the object they name: of content
/// for a chunk, but of the encoded child for a manifest. So only level 0 can check its total by itself; above it, <see cref="ManifestWalker"/>
/// compares the total with those of the children.
/// </param>
public sealed record Manifest(int Level, long TotalLength, IReadOnlyList<ObjectReference> References)
{
    /// <summary>Version of the shape.</summary>
    public const int Version = 1;

    /// <summary>Most references of one manifest.</summary>
    public const int MaxReferences = 256;

    /// <summary>Highest level that is accepted: 256^9 chunks, more than any content has.</summary>
    public const int MaxLevel = 8;

    /// <summary>Greatest total length in bytes: every number of bytes is exact in any language.</summary>
    public const long MaxTotalLength = 1L << 53;

    // [1, level, total, […256]] with 79 bytes for a reference whose integers take the most room.
    private const int ReferenceBytes = 1 + 34 + 34 + 1 + 9;

    /// <summary>Greatest encoded length in bytes; far below the 1 MiB that writers keep (format-1 §5).</summary>
    public const int MaxEncodedLength = 1 + 1 + 1 + 9 + 3 + (MaxReferences * ReferenceBytes);

    /// <summary>What the references of a manifest of <paramref name="level"/> must be.</summary>
    public static ObjectKind KindAt(int level) => level == 0 ? ObjectKind.Chunk : ObjectKind.Manifest;

    /// <summary>The plaintext of the manifest's object. Throws <see cref="VaultFormatException"/> where <see cref="Decode"/> would refuse it.</summary>
    public byte[] Encode()
    {
        Check();
        var writer = new CborWriter(16 + (References.Count * ReferenceBytes));
        writer.WriteArray(4);
        writer.WriteUInt(Version);
        writer.WriteUInt((ulong)Level);
        writer.WriteUInt((ulong)TotalLength);
        writer.WriteArray(References.Count);
        for (int i = 0; i < References.Count; i++) References[i].Write(writer);
        return writer.ToArray();
    }

    /// <summary>Reads the plaintext of a manifest's object; anything but a valid manifest is a <see cref="VaultFormatException"/>.</summary>
    public static Manifest Decode(ReadOnlySpan<byte> data)
    {
        var reader = new CborReader(data);
        reader.ReadArrayOf(4);
        if (reader.ReadUInt() != Version) throw new VaultFormatException("A manifest has an unknown version.");
        int level = (int)reader.ReadUInt(MaxLevel);
        long total = (long)reader.ReadUInt(MaxTotalLength);
        var references = new ObjectReference[reader.ReadArray(MaxReferences)];
        for (int i = 0; i < references.Length; i++) references[i] = ObjectReference.Read(ref reader);
        reader.Finish();
        var manifest = new Manifest(level, total, references);
        manifest.Check();
        return manifest;
    }

    /// <summary>Equal level, total and references.</summary>
    public bool Equals(Manifest? other) =>
        other is not null && Level == other.Level && TotalLength == other.TotalLength && References.SequenceEqual(other.References);

    /// <inheritdoc/>
    public override int GetHashCode() => TotalLength.GetHashCode() ^ (Level << 24) ^ (References.Count << 16);

    private void Check()
    {
        if (Level is < 0 or > MaxLevel) throw new VaultFormatException("A manifest's level is out of range.");
        if (TotalLength is < 0 or > MaxTotalLength) throw new VaultFormatException("A manifest's total length is out of range.");
        if (References.Count > MaxReferences) throw new VaultFormatException("A manifest has too many references.");
        long sum = 0;
        for (int i = 0; i < References.Count; i++)
        {
            var reference = References[i];
            if (reference.Kind != KindAt(Level)) throw new VaultFormatException("A manifest names an object of the wrong kind.");

            // Nothing may be empty: with that, the total bounds how many chunks a tree can make a reader open.
            if (reference.Length is <= 0 or > ObjectReference.MaxLength) throw new VaultFormatException("A manifest names an object of an impossible length.");

            // At most 256 lengths of at most 2^53: no overflow of 63 bits.
            sum += reference.Length;
        }

        bool fits = Level == 0 ? sum == TotalLength : References.Count > 0 && TotalLength >= References.Count;
        if (!fits) throw new VaultFormatException("A manifest's total length is not that of its references.");
    }
}
