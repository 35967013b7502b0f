using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

/// <summary>
/// [0, tip, count] asks for a commit and up to count − 1 of its ancestors in its log; they come as COMMITS, oldest first. [1, tip, sent,
/// previous] ends the answer: so many were sent, and the oldest one stands on `previous` (zero: the log began there).
/// </summary>
public sealed record ForkMessage(bool Answer, CommitId Tip, int Count, CommitId Previous)
{
    public static ForkMessage Ask(CommitId tip, int count) => new(false, tip, count, default);

    public byte[] Encode()
    {
        var writer = new CborWriter(80);
        writer.WriteArray(Answer ? 4 : 3);
        writer.WriteUInt(Answer ? 1UL : 0);
        writer.WriteId(Tip);
        writer.WriteUInt((ulong)Count);
        if (Answer) writer.WriteId(Previous);
        return writer.ToArray();
    }

    public static ForkMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        int length = reader.ReadArray(4);
        bool answer = reader.ReadUInt(1) == 1;
        if (length != (answer ? 4 : 3)) throw new VaultFormatException("A FORK has the wrong length.");
        var message = new ForkMessage(answer, reader.ReadId32(), (int)reader.ReadUInt(SessionLimits.ForkMost), answer ? reader.ReadId32() : default);
        reader.Finish();
        return message;
    }
}
