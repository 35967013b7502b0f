using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// [1, random 32, founder's ed, founder's x, policy]; its hash is the vault's id, so whoever knows the id knows the founder
/// (format-1 §2). Policy 0: every full member may add devices; 1: administrators only.
/// </summary>
public sealed record GenesisRecord(byte[] Random32, DeviceId Founder, Id32 FounderX25519, byte Policy)
{
    /// <summary>Every full member may change the membership.</summary>
    public const byte AnyFullMember = 0;

    /// <summary>Only administrators may.</summary>
    public const byte AdministratorsOnly = 1;

    /// <summary>Upper bound of the encoded form, in bytes.</summary>
    public const int MaxBytes = 128;

    private const int FormatVersion = 1;
    private const int RandomSize = 32;

    public byte[] Encode()
    {
        var writer = new CborWriter(MaxBytes);
        writer.WriteArray(5);
        writer.WriteUInt(FormatVersion);
        writer.WriteBytes(Random32);
        writer.WriteId(Founder);
        writer.WriteId(FounderX25519);
        writer.WriteUInt(Policy);
        return writer.ToArray();
    }

    public static GenesisRecord Decode(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        reader.ReadArrayOf(5);
        if (reader.ReadUInt() != FormatVersion) throw new VaultFormatException("The genesis record's format is unknown.");
        var record = new GenesisRecord(reader.ReadBytesOf(RandomSize).ToArray(), reader.ReadId32(), reader.ReadId32(), (byte)reader.ReadUInt(AdministratorsOnly));
        reader.Finish();
        return record;
    }

    /// <summary>H(L("genesis") ‖ record)</summary>
    public VaultId ComputeVaultId() => Digest.Of(Labels.Genesis, Encode());
}
