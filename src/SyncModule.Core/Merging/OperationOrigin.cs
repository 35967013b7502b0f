using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// Where an operation came from: everything that its commit says and the operation itself does not. <see cref="Sequence"/> counts
/// inside <see cref="Log"/> only (format-1 §2).
/// </summary>
public readonly record struct OperationOrigin(Dot Dot, HybridTimestamp CommitTimestamp, DeviceId Device, LogId Log, ulong Sequence)
{
    /// <summary>The origin of the operation at <paramref name="position"/> of the block at <paramref name="block"/> of a commit.</summary>
    public static OperationOrigin Of(Commit commit, int block, int position) => new(
        Dot.At(commit.Id, block, position), commit.Header.Timestamp, commit.Header.Device, commit.Header.Log, commit.Header.Sequence);
}
