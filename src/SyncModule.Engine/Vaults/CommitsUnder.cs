using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Which commits lie at or below a vector that is known here whole: the floor of a checkpoint, what is applied. Not by numbers alone: a folder that was put back
/// unnoticed may have written other commits under the same ones. Looks only where a log has two commits of one number.
/// </summary>
internal sealed class CommitsUnder(RowAccess rows, VersionVector vector) : ICausalHistory
{
    private readonly Dictionary<LogId, HashSet<CommitId>> _chains = [];

    /// <summary>What lies below the floor of the checkpoint that an index stands on; null where every operation was folded.</summary>
    public static CommitsUnder? Adopted(RowAccess rows) => CheckpointRows.Adopted(rows) is { } adopted ? new(rows, adopted.Floor) : null;

    /// <summary>Whether the commit of an operation lies there; false where it is not here.</summary>
    public bool Contains(Dot dot) => rows.Commit(dot.Commit) is { } row && Contains(dot.Commit, row);

    public bool Contains(CommitId id, CommitRow row) => row.Lane == Lane.Data && Contains(row.Log, row.Sequence, id);

    /// <inheritdoc/>
    public bool Contains(Head head) => Contains(head.Log, head.Sequence, head.Dot.Commit);

    /// <inheritdoc/>
    public ulong SequenceOf(LogId log) => vector.Sequence(log);

    public bool Contains(LogId log, ulong sequence, CommitId id)
    {
        if (sequence > vector.Sequence(log)) return false;
        // One commit of that number is known, so it is the one behind the tip.
        if (rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, sequence), IndexTables.LogFrom(log, sequence + 1)).Take(2).Count() < 2) return true;
        if (!_chains.TryGetValue(log, out var chain)) _chains[log] = chain = [.. vector[log].SelectMany(t => Chain(t.Id))];
        return chain.Contains(id);
    }

    private IEnumerable<CommitId> Chain(CommitId tip)
    {
        for (var at = tip; !at.IsZero && rows.Commit(at) is { } row; at = row.Previous) yield return at;
    }
}
