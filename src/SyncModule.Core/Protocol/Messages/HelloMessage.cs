using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>What the sender of a HELLO will do in this session. Bits that are not known here are ignored.</summary>
[Flags]
public enum SessionIntent : ushort
{
    None = 0,
    Push = 1,
    Pull = 2,
    Follow = 4,
}

/// <summary>
/// [1, session id, resume id | null, [min version, max version], [[id, required, name]…], scope, [membership heads], epoch | null, intent].
/// A sender with more heads than fit lists the lowest 256, and then never counts as having equal heads.
/// </summary>
public sealed record HelloMessage(
    Id32 SessionId,
    Id32? ResumeId,
    ulong MinVersion,
    ulong MaxVersion,
    IReadOnlyList<Capability> Capabilities,
    bool WholeVault,
    IReadOnlyList<CommitId> Heads,
    EpochId? CurrentEpoch,
    SessionIntent Intent)
{
    public const int MaxHeads = 256;
    public const int MaxCapabilities = 32;
    public const int MaxName = 64;

    private const ulong Shape = 1;

    public byte[] Encode()
    {
        var writer = new CborWriter(256 + (Heads.Count * 34));
        writer.WriteArray(9);
        writer.WriteUInt(Shape);
        writer.WriteId(SessionId);
        IdList.WriteOptional(writer, ResumeId);
        writer.WriteArray(2);
        writer.WriteUInt(MinVersion);
        writer.WriteUInt(MaxVersion);
        writer.WriteArray(Capabilities.Count);
        foreach (var capability in Capabilities)
        {
            writer.WriteArray(3);
            writer.WriteUInt(capability.Id);
            writer.WriteUInt(capability.Required ? 1UL : 0);
            writer.WriteText(capability.Name);
        }

        writer.WriteUInt(WholeVault ? 0UL : 1);
        IdList.Write(writer, Heads);
        IdList.WriteOptional(writer, CurrentEpoch);
        writer.WriteUInt((ulong)Intent);
        return writer.ToArray();
    }

    public static HelloMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(9);
        if (reader.ReadUInt() != Shape) throw new VaultFormatException("The HELLO has an unknown shape.");
        var session = reader.ReadId32();
        var resume = IdList.ReadOptional(ref reader);
        reader.ReadArrayOf(2);
        ulong min = reader.ReadUInt();
        ulong max = reader.ReadUInt();
        if (min > max) throw new VaultFormatException("A version range is empty.");
        var capabilities = new Capability[reader.ReadArray(MaxCapabilities)];
        for (int i = 0; i < capabilities.Length; i++)
        {
            reader.ReadArrayOf(3);
            capabilities[i] = new((uint)reader.ReadUInt(uint.MaxValue), reader.ReadUInt(1) == 1, PlainText.Clean(reader.ReadText(MaxName)));
        }

        // Any other scope belongs to replicas of part of a vault; its shape is theirs.
        bool whole = reader.ReadEncoded() is [0];
        var heads = IdList.ReadSorted(ref reader, MaxHeads);
        var epoch = IdList.ReadOptional(ref reader);
        var intent = (SessionIntent)reader.ReadUInt(ushort.MaxValue) & (SessionIntent.Push | SessionIntent.Pull | SessionIntent.Follow);
        reader.Finish();
        return new(session, resume, min, max, capabilities, whole, heads, epoch, intent);
    }
}
