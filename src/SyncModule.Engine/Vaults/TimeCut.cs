using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Which applied commits make up a vault as it was at a time (docs/decisions/081): those whose timestamp is at or before it, and what these
/// had seen. With clocks that are right the second adds nothing. Where a clock was ahead, what it wrote is in as soon as somebody had seen
/// it and written behind it; so a view is always a state that some device could have had.
/// </summary>
internal sealed class TimeCut
{
    private readonly HashSet<CommitId> _seen = []; // later by their clock, and in the past of one that is not
    private readonly ulong _limit;

    private TimeCut(DateTimeOffset time)
    {
        // The whole millisecond is in, whatever its counter.
        long next = Math.Clamp(time.ToUnixTimeMilliseconds(), -1, HybridTimestamp.FromMilliseconds(long.MaxValue).Milliseconds) + 1;
        _limit = (ulong)next << 16;
    }

    /// <summary>Reads the rows of all commits, and headers only where clocks disagree with the order of applying.</summary>
    public static TimeCut At(VaultContext vault, RowAccess rows, DateTimeOffset time)
    {
        var cut = new TimeCut(time);
        if (FirstLater(rows, cut) is not { } first) return cut;

        // Backwards, so that whoever has seen a commit comes before it.
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder, IndexTables.Number(first), descending: true))
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is not { State: CommitState.Applied } row || !cut.Holds(id, row)) continue;
            var header = Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header;
            cut.Note(rows, header.Previous);
            foreach (var dependency in header.Dependencies) cut.Note(rows, dependency);
        }

        return cut;
    }

    public bool Holds(CommitId id, CommitRow row) => row.Timestamp.Value < _limit || _seen.Contains(id);

    private static ulong? FirstLater(RowAccess rows, TimeCut cut)
    {
        foreach (var (number, key) in rows.Transaction.Scan(IndexTables.ApplyOrder))
        {
            if (rows.Commit(new CommitId(key)) is { } row && row.Timestamp.Value >= cut._limit) return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(number);
        }

        return null;
    }

    private void Note(RowAccess rows, CommitId id)
    {
        if (!id.IsZero && rows.Commit(id) is { } row && row.Timestamp.Value >= _limit) _seen.Add(id);
    }
}
