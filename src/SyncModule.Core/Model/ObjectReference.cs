using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>What a sealed object holds (format-1 §5).</summary>
public enum ObjectKind : byte
{
    /// <summary>A piece of an item's content.</summary>
    Chunk = 1,

    /// <summary>A list of references to chunks or to other manifests.</summary>
    Manifest = 2,

    /// <summary>A piece of a checkpoint's state.</summary>
    State = 3,

    /// <summary>The operations of a block that was too large to stand inline.</summary>
    Block = 4,
}

/// <summary>
/// Names one sealed object and opens it: CBOR [address, key, kind, plain length] (format-1 §5). It holds the object's key, so it
/// stands only inside sealed blocks and manifests.
/// </summary>
/// <param name="Address">Hash of the sealed bytes.</param>
/// <param name="Key">The object's own key.</param>
/// <param name="Kind">What is inside.</param>
/// <param name="Length">Length of the object's plaintext in bytes, 0 … 2^53.</param>
public readonly record struct ObjectReference(ObjectAddress Address, Id32 Key, ObjectKind Kind, long Length)
{
    /// <summary>Greatest length, so that sums of lengths stay exact everywhere.</summary>
    public const long MaxLength = 1L << 53;

    public void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        writer.WriteId(Address);
        writer.WriteId(Key);
        writer.WriteUInt((ulong)Kind);
        writer.WriteUInt((ulong)Length);
    }

    /// <summary>Reads one reference; anything else is a <see cref="VaultFormatException"/>.</summary>
    public static ObjectReference Read(ref CborReader reader)
    {
        reader.ReadArrayOf(4);
        var address = reader.ReadId32();
        var key = reader.ReadId32();
        ulong kind = reader.ReadUInt((ulong)ObjectKind.Block);
        if (kind == 0) throw new VaultFormatException("An object has no such kind.");
        return new ObjectReference(address, key, (ObjectKind)kind, (long)reader.ReadUInt(MaxLength));
    }

    /// <summary>Kind, length and the start of the address; never the key.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Kind} {Address.ToString()[..8]} ({Length} bytes)");
}
