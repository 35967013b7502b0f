using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>
/// [held, objects received, full, applied hash, digest | null, heads hash]: everything durable at the sender. `held` stands on the last
/// vector that it sent. Digests are compared only where held, applied and heads are equal (format-1 §16).
/// </summary>
public sealed record AckMessage(VectorMessage Held, ulong Objects, bool Full, Id32 AppliedHash, Id32? Digest, Id32 HeadsHash)
{
    public byte[] Encode()
    {
        var writer = new CborWriter(256);
        writer.WriteArray(6);
        Held.Write(writer);
        writer.WriteUInt(Objects);
        writer.WriteUInt(Full ? 1UL : 0);
        writer.WriteId(AppliedHash);
        IdList.WriteOptional(writer, Digest);
        writer.WriteId(HeadsHash);
        return writer.ToArray();
    }

    public static AckMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(6);
        var message = new AckMessage(VectorMessage.Read(ref reader), reader.ReadUInt(), reader.ReadUInt(1) == 1, reader.ReadId32(), IdList.ReadOptional(ref reader), reader.ReadId32());
        reader.Finish();
        return message;
    }

    /// <summary>One hash for a set of heads.</summary>
    public static Id32 HashHeads(IEnumerable<CommitId> heads)
    {
        var writer = new CborWriter(128);
        IdList.Write(writer, [.. heads.Order()]);
        return Encoding.Digest.HashOf(Labels.Heads, writer.Written);
    }
}
