using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>What a COMPLETE says.</summary>
public enum CompleteReason
{
    /// <summary>Every commit that the receiver lacked was sent, and the small objects behind it.</summary>
    CommitsSent = 0,

    /// <summary>All that came is durable, and nothing is wanted that the receiver has.</summary>
    Satisfied = 1,

    /// <summary>The epoch has changed: the session ends here and a new handshake follows.</summary>
    Rehandshake = 2,
}

/// <summary>[reason, commits, objects, bytes]: what the sender has sent in this session.</summary>
public sealed record CompleteMessage(CompleteReason Reason, ulong Commits, ulong Objects, ulong Bytes)
{
    public byte[] Encode()
    {
        var writer = new CborWriter(32);
        writer.WriteArray(4);
        writer.WriteUInt((ulong)Reason);
        writer.WriteUInt(Commits);
        writer.WriteUInt(Objects);
        writer.WriteUInt(Bytes);
        return writer.ToArray();
    }

    public static CompleteMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(4);
        var message = new CompleteMessage((CompleteReason)reader.ReadUInt((ulong)CompleteReason.Rehandshake), reader.ReadUInt(), reader.ReadUInt(), reader.ReadUInt());
        reader.Finish();
        return message;
    }
}

/// <summary>PING [nonce, 0 question | 1 answer].</summary>
public sealed record PingMessage(ulong Nonce, bool Answer)
{
    public byte[] Encode()
    {
        var writer = new CborWriter(16);
        writer.WriteArray(2);
        writer.WriteUInt(Nonce);
        writer.WriteUInt(Answer ? 1UL : 0);
        return writer.ToArray();
    }

    public static PingMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(2);
        var message = new PingMessage(reader.ReadUInt(), reader.ReadUInt(1) == 1);
        reader.Finish();
        return message;
    }
}

/// <summary>NOTIFY [hash of the held vector]: something new is here that brings no commit, such as objects: ask again.</summary>
public sealed record NotifyMessage(Id32 Held)
{
    public byte[] Encode()
    {
        var writer = new CborWriter(40);
        writer.WriteArray(1);
        writer.WriteId(Held);
        return writer.ToArray();
    }

    public static NotifyMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(1);
        var message = new NotifyMessage(reader.ReadId32());
        reader.Finish();
        return message;
    }
}
