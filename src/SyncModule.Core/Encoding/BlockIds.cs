using SyncModule.Core.Model;

namespace SyncModule.Core.Encoding;

/// <summary>Names of blocks (format-1 §3).</summary>
public static class BlockIds
{
    /// <summary>H(L("block") ‖ block), over the whole block: epoch id, siv and sealed body.</summary>
    public static Id32 Compute(ReadOnlySpan<byte> block) => Digest.HashOf(Labels.Block, block);
}
