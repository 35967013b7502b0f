using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>What a sealed object holds (format-1 §5).</summary>
public enum ObjectKind : byte
{
    /// <summary>A piece of a value.</summary>
    Chunk = 1,

    /// <summary>A list of references to chunks or to manifests one level lower.</summary>
    Manifest = 2,

    /// <summary>A checkpoint's snapshot.</summary>
    State = 3,

    /// <summary>Operations that were too many for an inline block.</summary>
    Block = 4,
}

/// <summary>
/// How an object is found and opened: [address, key, kind, plain length] (format-1 §5). It holds the key, so it stands only inside
/// sealed blocks, manifests and sealed index rows.
/// </summary>
public readonly record struct ObjectReference(ObjectAddress Address, Id32 Key, ObjectKind Kind, long Length)
{
    /// <summary>Largest plain length of one object or one chunked value, in bytes.</summary>
    public const long MaxLength = 1L << 53;

    public void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        writer.WriteId(Address);
        writer.WriteId(Key);
        writer.WriteUInt((ulong)Kind);
        writer.WriteUInt((ulong)Length);
    }

    public static ObjectReference Read(ref CborReader reader)
    {
        reader.ReadArrayOf(4);
        var address = reader.ReadId32();
        var key = reader.ReadId32();
        var kind = (ObjectKind)reader.ReadUInt(255);
        if (kind is < ObjectKind.Chunk or > ObjectKind.Block) throw new VaultFormatException("An object kind is unknown.");
        return new(address, key, kind, (long)reader.ReadUInt(MaxLength));
    }

    /// <summary>Never shows the key.</summary>
    public override string ToString() => $"{Kind} {Address.ToString()[..16]} ({Length} bytes)";
}
