using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

/// <summary>[code, error id, detail]: why the sender ends the session. The texts are cut and cleaned: they are a peer's words.</summary>
public sealed record ErrorMessage(ushort Code, string ErrorId, string Detail)
{
    public const int MaxId = 64;
    public const int MaxDetail = 1_024;

    // The place in this list is the code on the wire; new ones go to the end. Others travel as 0 with their id.
    private static readonly SyncErrorKind[] Codes =
    [
        SyncErrors.SessionLost, SyncErrors.ProtocolViolation, SyncErrors.MessageTooLarge, SyncErrors.VersionMismatch, SyncErrors.CapabilityRequired, SyncErrors.NotAMember,
        SyncErrors.NotCurrent, SyncErrors.StateDiverged, SyncErrors.SessionTimeout, SyncErrors.InviteExpired, SyncErrors.InviteUsed, SyncErrors.NewerVersionNeeded,
    ];

    public static ErrorMessage Of(SyncErrorKind kind, string detail) => new((ushort)Math.Max(0, Array.IndexOf(Codes, kind)), kind.Id, PlainText.Cut(PlainText.Clean(detail), MaxDetail / 4));

    /// <summary>What it means here. A trouble that is the peer's own, such as its full disk, is a lost session on this side.</summary>
    public SyncErrorKind Kind => Code < Codes.Length ? Codes[Code] : SyncErrors.SessionLost;

    public byte[] Encode()
    {
        var writer = new CborWriter(128);
        writer.WriteArray(3);
        writer.WriteUInt(Code);
        writer.WriteText(ErrorId);
        writer.WriteText(Detail);
        return writer.ToArray();
    }

    public static ErrorMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(3);
        var message = new ErrorMessage((ushort)reader.ReadUInt(ushort.MaxValue), PlainText.Clean(reader.ReadText(MaxId)), PlainText.Clean(reader.ReadText(MaxDetail)));
        reader.Finish();
        return message;
    }
}
