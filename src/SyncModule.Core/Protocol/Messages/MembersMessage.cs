using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>Steps of one round of phase M; each side sends all three in order.</summary>
public enum MembersStage
{
    /// <summary>What is held of lane 1, for the other side to fill.</summary>
    Have = 0,

    /// <summary>Everything that the other side lacked was sent.</summary>
    Sent = 1,

    /// <summary>All that came is durable and folded; these are the heads now.</summary>
    Folded = 2,
}

/// <summary>[stage, [heads], lane-1 vector | null]; the vector stands in stage 0 only.</summary>
public sealed record MembersMessage(MembersStage Stage, IReadOnlyList<CommitId> Heads, VersionVector? Vector)
{
    public const int MaxHeads = 16_384;

    public byte[] Encode()
    {
        var writer = new CborWriter(64 + (Heads.Count * 34));
        writer.WriteArray(3);
        writer.WriteUInt((ulong)Stage);
        IdList.Write(writer, Heads);
        if (Vector is null) writer.WriteNull();
        else Vector.Write(writer);
        return writer.ToArray();
    }

    public static MembersMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(3);
        var stage = (MembersStage)reader.ReadUInt((ulong)MembersStage.Folded);
        var heads = IdList.ReadSorted(ref reader, MaxHeads);
        var vector = reader.TryReadNull() ? null : VersionVector.Read(ref reader);
        reader.Finish();
        return (stage == MembersStage.Have) == (vector is not null) ? new(stage, heads, vector) : throw new VaultFormatException("A vector stands in the wrong stage.");
    }
}
