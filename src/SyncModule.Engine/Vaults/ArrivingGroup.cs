using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// A commit on its way from the log into the index, with what is known of it besides its row. Whoever wrote it in this process
/// has made its rows already, and who read it ahead has its operations open; else they are opened from the log when the gate lets it through.
/// </summary>
internal sealed class ArrivingCommit(Commit commit, CommitRow row)
{
    public Commit Commit { get; } = commit;

    public CommitRow Row { get; } = row;

    /// <summary>It has come without its blocks: a checkpoint stands for what it did.</summary>
    public bool IsPruned => Row.Blocks.Count < Commit.Header.Blocks.Count;

    /// <summary>The opened operations; null while they stand sealed in the log.</summary>
    public CommitContent? Content { get; init; }

    /// <summary>Tag of each operation's item, in the shape of <see cref="Content"/>; null when they have to be computed.</summary>
    public Id16[][]? Tags { get; init; }

    /// <summary>
    /// The rows of the items as its writer in this process made them; null when they have to be folded. They hold only while no other
    /// commit was folded since their writer read what was there: see <see cref="Indexer.Foreign"/>.
    /// </summary>
    public PreparedRows? Rows { get; init; }

    /// <summary><see cref="Indexer.Foreign"/> when what <see cref="Rows"/> follow on was read.</summary>
    public long Stamp { get; init; }
}

/// <summary>One group of the log, taken apart for the index.</summary>
internal sealed class ArrivingGroup(LogMark start, LogMark end)
{
    public LogMark Start { get; } = start;

    public LogMark End { get; } = end;

    public List<(ObjectAddress Address, ObjectLocation Location)> Objects { get; } = [];

    public List<ArrivingCommit> Commits { get; } = [];

    /// <summary>Operations in all commits; 0 where they are not opened yet.</summary>
    public int Operations { get; init; }
}
