using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// How much of each log lies on this disk without being applied: 256 MiB may wait at the gate, 64 MiB of a device that does not count
/// may be quarantined (format-1 §6). Commits beyond that are refused and offered again later, so a member cannot fill the disk with
/// commits that nothing ever follows from.
/// </summary>
internal sealed class WaitingBytes(AppendStep session, MembershipLane membership, long mostWaiting)
{
    public const long MostWaiting = 256L << 20;

    private const long MostQuarantined = 64L << 20;

    private readonly Dictionary<LogId, long> _bytes = [];

    /// <summary>Counts a commit of this size in, unless that would pass the limit of its log. Membership commits always fit: the lane is never left behind.</summary>
    public bool TryAdd(CommitHeader header, long size)
    {
        if (header.Lane == Lane.Membership) return true;
        if (!_bytes.TryGetValue(header.Log, out long waiting)) waiting = Count(header.Log);
        long most = membership.Counts(header.Device) ? mostWaiting : Math.Min(mostWaiting, MostQuarantined);
        bool fits = waiting + size <= most || Plants.WaitingUnbounded;
        _bytes[header.Log] = fits ? waiting + size : waiting;
        return fits;
    }

    // What stands behind the applied tip. Nearly always nothing.
    private long Count(LogId log)
    {
        long bytes = 0;
        var from = IndexTables.LogFrom(log, session.State.Applied.Sequence(log) + 1);
        foreach (var (key, _) in session.Rows.Transaction.Scan(IndexTables.LogOrder, from, IndexTables.PrefixEnd(log.ToArray())))
        {
            if (session.Rows.Commit(new CommitId(key.AsSpan(24))) is { } row) bytes += row.Position.Length + row.Blocks.Sum(b => (long)b.Length);
        }

        return bytes;
    }
}
