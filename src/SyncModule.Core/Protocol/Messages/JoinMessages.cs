using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>JOIN [1, device name, certificate]: the first frame of an invite session, from the joiner (format-1 §14).</summary>
public sealed record JoinMessage(string Name, byte[] Certificate)
{
    public const int MaxName = 256;
    public const int MaxCertificate = 1_024;

    public byte[] Encode()
    {
        var writer = new CborWriter(512);
        writer.WriteArray(3);
        writer.WriteUInt(1);
        writer.WriteText(Name);
        writer.WriteBytes(Certificate);
        return writer.ToArray();
    }

    public static JoinMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(3);
        if (reader.ReadUInt() != 1) throw new VaultFormatException("The JOIN has an unknown shape.");
        string name = reader.ReadText(MaxName);
        var certificate = reader.ReadBytes(MaxCertificate).ToArray();
        reader.Finish();
        // Kept as it is: the name is signed into the membership lane; whoever shows it cleans it.
        return name.Length > 0 && certificate.Length > 0 ? new(name, certificate) : throw new VaultFormatException("A JOIN is empty.");
    }
}

/// <summary>An epoch and its secret; only ever inside a GRANT, which only ever travels in an invite session.</summary>
public readonly record struct EpochGrant(EpochId Epoch, Id32 Secret)
{
    /// <summary>Never shows the secret.</summary>
    public override string ToString() => $"EpochGrant {Epoch}";
}

/// <summary>
/// GRANT [1, genesis commit id, [lane-1 bundles, parents first], [[epoch, secret]…], inviter's name, [addresses]]. The joiner
/// checks H(genesis record) = vaultId and every epoch id against its secret: not done here, that needs keys.
/// </summary>
public sealed record GrantMessage(CommitId Genesis, IReadOnlyList<CommitBundle> Membership, IReadOnlyList<EpochGrant> Epochs, string InviterName, IReadOnlyList<string> Addresses)
{
    public const int MaxEpochs = 16_384;
    public const int MaxAddresses = 32;
    public const int MaxAddress = 512;

    public byte[] Encode()
    {
        var writer = new CborWriter(4_096);
        writer.WriteArray(6);
        writer.WriteUInt(1);
        writer.WriteId(Genesis);
        new CommitsMessage(Membership).Write(writer);
        writer.WriteArray(Epochs.Count);
        foreach (var (epoch, secret) in Epochs)
        {
            writer.WriteArray(2);
            writer.WriteId(epoch);
            writer.WriteId(secret);
        }

        writer.WriteText(InviterName);
        writer.WriteArray(Addresses.Count);
        foreach (string address in Addresses) writer.WriteText(address);
        return writer.ToArray();
    }

    public static GrantMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(6);
        if (reader.ReadUInt() != 1) throw new VaultFormatException("The GRANT has an unknown shape.");
        var genesis = reader.ReadId32();
        int count = reader.ReadArray(CommitsMessage.MaxBundles);
        var membership = new List<CommitBundle>();
        for (int i = 0; i < count; i++) membership.Add(CommitsMessage.ReadBundle(ref reader));
        count = reader.ReadArray(MaxEpochs);
        var epochs = new List<EpochGrant>();
        for (int i = 0; i < count; i++)
        {
            reader.ReadArrayOf(2);
            epochs.Add(new(reader.ReadId32(), reader.ReadId32()));
        }

        string name = reader.ReadText(JoinMessage.MaxName);
        var addresses = new string[reader.ReadArray(MaxAddresses)];
        for (int i = 0; i < addresses.Length; i++) addresses[i] = reader.ReadText(MaxAddress);
        reader.Finish();
        if (membership.Count == 0 || epochs.Count == 0) throw new VaultFormatException("A GRANT has no membership or no epoch.");
        return new(genesis, membership, epochs, name, addresses);
    }
}
