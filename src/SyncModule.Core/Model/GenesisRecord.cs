using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>Who may add and remove devices.</summary>
public enum MembershipPolicy : byte
{
    /// <summary>Every full member.</summary>
    EveryFullMember = 0,

    /// <summary>Administrators only.</summary>
    Administrators = 1,
}

/// <summary>
/// What a vault begins with, and what its id is the hash of: [1, random 32, founder ed, founder x, policy] (format-1 §2).
/// </summary>
/// <param name="Random">32 random bytes: two vaults of one founder differ.</param>
/// <param name="Founder">Ed25519 key of the first device.</param>
/// <param name="FounderExchangeKey">X25519 key of the first device.</param>
/// <param name="Policy">Fixed for ever, because the id covers it.</param>
public sealed record GenesisRecord(Id32 Random, DeviceId Founder, Id32 FounderExchangeKey, MembershipPolicy Policy)
{
    private const ulong Format = 1;

    /// <summary>vaultId = H(L("genesis") ‖ record).</summary>
    public VaultId ComputeVaultId() => Digest.HashOf(Labels.Genesis, Encode());

    public void Write(CborWriter writer)
    {
        writer.WriteArray(5);
        writer.WriteUInt(Format);
        writer.WriteId(Random);
        writer.WriteId(Founder);
        writer.WriteId(FounderExchangeKey);
        writer.WriteUInt((ulong)Policy);
    }

    public byte[] Encode()
    {
        var writer = new CborWriter();
        Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="VaultFormatException">Another shape, format or policy.</exception>
    public static GenesisRecord Read(ref CborReader reader)
    {
        reader.ReadArrayOf(5);
        if (reader.ReadUInt() != Format) throw new VaultFormatException("A genesis record has an unknown format.");
        return new GenesisRecord(reader.ReadId32(), reader.ReadId32(), reader.ReadId32(), (MembershipPolicy)reader.ReadUInt((ulong)MembershipPolicy.Administrators));
    }

    /// <exception cref="VaultFormatException">Another shape, or bytes behind it.</exception>
    public static GenesisRecord Decode(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        var record = Read(ref reader);
        reader.Finish();
        return record;
    }
}
