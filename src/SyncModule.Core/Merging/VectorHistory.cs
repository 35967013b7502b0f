using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>What a vector covers: an applied vector, or the floor of a checkpoint.</summary>
public sealed class VectorHistory(VersionVector vector, ILogBranches branches) : ICausalHistory
{
    /// <inheritdoc/>
    public bool Contains(Head head) => vector.Covers(head.Log, head.Sequence, head.Dot.Commit, branches);

    /// <inheritdoc/>
    public ulong SequenceOf(LogId log) => vector.Sequence(log);
}
