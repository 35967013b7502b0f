using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Builds signed commits of the membership lane (format-1 §3, §10).</summary>
internal static class MembershipWriter
{
    /// <summary>One commit and its block, behind <paramref name="previous"/> in this device's membership log.</summary>
    public static (Commit Commit, byte[] Block) Build(VaultKeys keys, LogId log, Tip previous, IReadOnlyList<CommitId> parents, HybridTimestamp timestamp, IReadOnlyList<MembershipOperation> operations)
    {
        var device = keys.Device;
        ulong sequence = previous.Sequence + 1;
        var block = SealedBlocks.Seal(keys.Genesis.Membership, new(keys.Vault, device.Device, log, sequence, default), MembershipOperationList.Encode(operations), compress: false);
        var header = new CommitHeader(keys.Vault, Lane.Membership, device.Device, log, sequence, previous.Id, [], parents, timestamp, CommitFlags.None, [new(default, BlockIds.Compute(block), block.Length)]);
        return (Commit.Create(header, bytes => device.Sign(bytes)), block);
    }
}
