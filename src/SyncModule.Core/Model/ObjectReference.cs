using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>What a sealed object holds (format-1 §5).</summary>
public enum ObjectKind : byte
{
    /// <summary>A piece of a value.</summary>
    Chunk = 1,

    /// <summary>A list of references.</summary>
    Manifest = 2,

    /// <summary>A snapshot of the folded state.</summary>
    State = 3,

    /// <summary>The operations of a block that is too large to stand in the log.</summary>
    Block = 4,
}

/// <summary>
/// Where an object is and what opens it: [address, key, kind, plain length] (format-1 §5). Holds a secret: it stands only inside
/// sealed blocks and manifests, and has no text form.
/// </summary>
/// <param name="Address">H of the sealed bytes.</param>
/// <param name="Key">The object's own AEAD key.</param>
/// <param name="Kind">What the object holds.</param>
/// <param name="Length">Plain length in bytes, at most <see cref="MaxLength"/>.</param>
public readonly record struct ObjectReference(ObjectAddress Address, Id32 Key, ObjectKind Kind, long Length)
{
    /// <summary>Longest plaintext of one object: 15 MiB.</summary>
    public const int MaxLength = 15 * 1024 * 1024;

    /// <summary>Longest encoding in bytes.</summary>
    public const int MaxEncodedSize = 1 + (2 * (2 + Id32.Size)) + 1 + 5;

    public void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        writer.WriteId(Address);
        writer.WriteId(Key);
        writer.WriteUInt((ulong)Kind);
        writer.WriteUInt((ulong)Length);
    }

    /// <exception cref="VaultFormatException">Another shape, an unknown kind or a length over the limit.</exception>
    public static ObjectReference Read(ref CborReader reader)
    {
        reader.ReadArrayOf(4);
        var address = reader.ReadId32();
        var key = reader.ReadId32();
        ulong kind = reader.ReadUInt((ulong)ObjectKind.Block);
        if (kind == 0) throw new VaultFormatException("An object has an unknown kind.");
        return new ObjectReference(address, key, (ObjectKind)kind, (long)reader.ReadUInt(MaxLength));
    }

    /// <summary>Kind, length and the start of the address; never the key.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Kind} {Address.ToString()[..8]} ({Length} bytes)");
}
