namespace SyncModule.Core.Encoding;

/// <summary>
/// Every label of format 1: L(s) = "syncmodule/1/" ‖ s ‖ 0x00. All stand here; a test fails when two uses share one (format-1 §0).
/// </summary>
public static class Labels
{
    public static ReadOnlySpan<byte> Commit => "syncmodule/1/commit\0"u8;

    public static ReadOnlySpan<byte> CommitSignature => "syncmodule/1/commit-sig\0"u8;

    public static ReadOnlySpan<byte> Block => "syncmodule/1/block\0"u8;

    public static ReadOnlySpan<byte> Genesis => "syncmodule/1/genesis\0"u8;

    public static ReadOnlySpan<byte> Device => "syncmodule/1/device\0"u8;

    public static ReadOnlySpan<byte> MergeRecord => "syncmodule/1/mr\0"u8;

    public static ReadOnlySpan<byte> Version => "syncmodule/1/version\0"u8;

    public static ReadOnlySpan<byte> Vector => "syncmodule/1/vector\0"u8;

    public static ReadOnlySpan<byte> Heads => "syncmodule/1/heads\0"u8;

    public static ReadOnlySpan<byte> Range => "syncmodule/1/range\0"u8;
}
