using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// What a device says of itself, signed, for all to hand on (format-1 §8): [1, vaultId, device, ts, applied, full 0|1, membership heads, own tips,
/// sig over L("ack") ‖ CBOR array of the first eight]. Of several of one device the one with the greatest ts holds. It travels outside the logs,
/// so it may be lost: then the floor stays where it is.
/// </summary>
public sealed class Acknowledgement
{
    /// <summary>Encoded bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private const ulong Format = 1;
    private const int Fields = 9;
    private readonly byte[] _signature;

    private Acknowledgement(VaultId vault, DeviceId device, HybridTimestamp timestamp, VersionVector applied, bool full, IReadOnlyList<CommitId> members, VersionVector own, byte[] signature)
    {
        (Vault, Device, Timestamp, Applied, Full, Members, Own, _signature) = (vault, device, timestamp, applied, full, members, own, signature);
    }

    public VaultId Vault { get; }

    public DeviceId Device { get; }

    public HybridTimestamp Timestamp { get; }

    /// <summary>The data commits that the device has applied: causally closed.</summary>
    public VersionVector Applied { get; }

    /// <summary>Whether every object that these name was there.</summary>
    public bool Full { get; }

    /// <summary>Heads of the membership graph that it had folded, ascending.</summary>
    public IReadOnlyList<CommitId> Members { get; }

    /// <summary>The tips of every data log that the device has written, older incarnations too: who has these has all that it wrote until then.</summary>
    public VersionVector Own { get; }

    /// <param name="vault">Its id.</param>
    /// <param name="device">Who signs.</param>
    /// <param name="timestamp">Greater than that of the one before.</param>
    /// <param name="applied">Not changed afterwards.</param>
    /// <param name="full">See <see cref="Full"/>.</param>
    /// <param name="members">At most 64, ascending.</param>
    /// <param name="own">See <see cref="Own"/>.</param>
    /// <param name="sign">Signs with the device's key.</param>
    public static Acknowledgement Create(VaultId vault, DeviceId device, HybridTimestamp timestamp, VersionVector applied, bool full, IReadOnlyList<CommitId> members, VersionVector own, Func<byte[], byte[]> sign)
    {
        var unsigned = new Acknowledgement(vault, device, timestamp, applied, full, members, own, []);
        return new(vault, device, timestamp, applied, full, members, own, sign(unsigned.SignedMessage()));
    }

    public bool Verify(ISignatureVerifier verifier) => verifier.Verify(Device, SignedMessage(), _signature);

    public byte[] Encode()
    {
        var writer = new CborWriter(512);
        writer.WriteArray(Fields);
        WriteFields(writer);
        writer.WriteBytes(_signature);
        return writer.ToArray();
    }

    /// <exception cref="VaultFormatException">Another shape, or bytes behind it.</exception>
    public static Acknowledgement Decode(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        reader.ReadArrayOf(Fields);
        if (reader.ReadUInt() != Format) throw new VaultFormatException("An acknowledgement has an unknown format.");
        var vault = reader.ReadId32();
        var device = reader.ReadId32();
        var timestamp = new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        var applied = VersionVector.Read(ref reader);
        bool full = reader.ReadUInt(1) == 1;
        var members = new CommitId[reader.ReadArray(CommitHeader.MaxIds)];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = reader.ReadId32();
            if (i > 0 && members[i] <= members[i - 1]) throw new VaultFormatException("Heads of an acknowledgement are not in order.");
        }

        var own = VersionVector.Read(ref reader);
        byte[] signature = reader.ReadBytesOf(DeviceCertificate.SignatureSize).ToArray();
        reader.Finish();
        return new(vault, device, timestamp, applied, full, members, own, signature);
    }

    private byte[] SignedMessage()
    {
        var writer = new CborWriter(512);
        writer.WriteRaw(Labels.Ack);
        writer.WriteArray(Fields - 1);
        WriteFields(writer);
        return writer.ToArray();
    }

    private void WriteFields(CborWriter writer)
    {
        writer.WriteUInt(Format);
        writer.WriteId(Vault);
        writer.WriteId(Device);
        writer.WriteUInt(Timestamp.Value);
        Applied.Write(writer);
        writer.WriteUInt(Full ? 1u : 0);
        writer.WriteArray(Members.Count);
        foreach (var head in Members) writer.WriteId(head);
        Own.Write(writer);
    }
}
