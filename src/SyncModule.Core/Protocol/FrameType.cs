namespace SyncModule.Core.Protocol;

/// <summary>Codes of format-1 §13. 02 and 08–0A are reserved and refused.</summary>
public enum FrameType : byte
{
    Hello = 0x01,
    Accept = 0x03,
    Data = 0x04,
    Ack = 0x05,
    Complete = 0x06,
    Error = 0x07,
    Commits = 0x10,
    Notify = 0x11,
    Range = 0x12,
    Ping = 0x13,
    Window = 0x14,
    Vector = 0x15,
    Want = 0x16,
    Members = 0x17,
    Fork = 0x18,
    Join = 0x19,
    Grant = 0x1A,

    /// <summary>Signed acknowledgements (§8): only to a peer that announces them.</summary>
    Acknowledged = 0x1B,
}
