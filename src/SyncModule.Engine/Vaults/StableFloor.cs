using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>How far a device has come, as far as this one knows.</summary>
/// <param name="Device">A member, this device among them.</param>
/// <param name="Acknowledged">When it said so; null where it never did. This device: now.</param>
/// <param name="Retired">Nobody waits for it: it was taken out, and has not been heard of since.</param>
/// <param name="Lacks">Commits that are applied here and that it has not acknowledged.</param>
/// <param name="Unseen">Commits that it says it has written and that are not applied here.</param>
public sealed record DeviceProgress(DeviceId Device, HybridTimestamp? Acknowledged, bool Retired, long Lacks, long Unseen);

/// <summary>
/// The stable floor (format-1 §8): what every device has applied that is not retired, as far as this one holds all that they had written. Causally
/// closed; stops below every fork, and below a write that counts by the operations at or below it alone and does not here, or the other way round
/// (an owner's claim that not everybody has, docs/decisions/126). Age has no part in it.
/// </summary>
internal static class StableFloor
{
    /// <param name="vault">Its log and membership.</param>
    /// <param name="rows">Of the index.</param>
    /// <param name="applied">The vector that goes with them.</param>
    /// <param name="waitedFor">The last word of every other device that counts; null of one that never spoke.</param>
    /// <returns>Null while some device is not heard of, has written what is not here, or has less than the checkpoint that this one stands on.</returns>
    public static VersionVector? Compute(VaultContext vault, RowAccess rows, VersionVector applied, IReadOnlyList<Acknowledgement?> waitedFor)
    {
        if (waitedFor.Any(a => a is null ? !Plants.SilentNotAwaited : Unseen(rows, a) > 0)) return null;
        var heard = waitedFor.OfType<Acknowledgement>().ToList();
        var limits = applied.Logs.ToDictionary(l => l.Key, l => Math.Min(Unforked(rows, l.Key, l.Value), Plants.FloorIsOwn ? ulong.MaxValue : heard.Select(a => Shared(rows, l.Key, a.Applied[l.Key])).DefaultIfEmpty(ulong.MaxValue).Min()));
        Close(vault, rows, limits);
        var collections = rows.Collections(applied, vault);
        var floor = At(rows, limits);
        while (LowerToWhatHolds(vault, rows, collections, floor, limits))
        {
            Close(vault, rows, limits);
            floor = At(rows, limits);
        }

        // Below what this device stands on itself it cannot say what stands there: somebody was put back, and is waited for.
        return CheckpointRows.CanCompute(rows, floor) ? floor : null;
    }

    private static VersionVector At(RowAccess rows, Dictionary<LogId, ulong> limits)
    {
        var floor = new VersionVector();
        foreach (var (log, limit) in limits)
        {
            if (limit == 0) continue;
            var (key, _) = rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, limit), IndexTables.PrefixEnd(log.ToArray())).First();
            floor.Set(log, new Tip(limit, new CommitId(key.AsSpan(24))));
        }

        return floor;
    }

    // Whoever begins with a snapshot of the floor has what counts and what stands there alone. True when some log had to be cut: below a write that counts otherwise here, and
    // below one that replaced what a record of a decision above the floor names.
    private static bool LowerToWhatHolds(VaultContext vault, RowAccess rows, CollectionStates collections, VersionVector floor, Dictionary<LogId, ulong> limits)
    {
        var named = NamedAbove(rows, floor);
        if (Plants.FloorsOverClaims || (!collections.AnyOwners && named.Count == 0)) return false;
        var owners = collections.All.Select(c => (c.Collection, Here: collections.OwnersOf(c.Collection))).Where(o => o.Here.Any).ToDictionary(o => o.Collection, o => (o.Here, There: o.Here.Under(floor)), StringComparer.Ordinal);
        var adopted = CommitsUnder.Adopted(rows);
        bool isLower = false;
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder))
        {
            var id = new CommitId(key);
            // No log is forked below its limit.
            if (rows.Commit(id) is not { State: CommitState.Applied, Lane: Lane.Data } row || row.Sequence > limits.GetValueOrDefault(row.Log) || adopted?.Contains(id, row) == true) continue;
            if (!vault.Blocks.OpenWhole(rows, id, row).Operations(id, row).Any(o => CountsOtherwise(o.Operation, o.Origin) || o.Operation.Replaces.Any(named.Contains))) continue;
            limits[row.Log] = row.Sequence - 1;
            isLower = true;
        }

        return isLower;

        bool CountsOtherwise(Operation operation, OperationOrigin origin) =>
            operation.Key.Length > 0 && owners.TryGetValue(operation.Collection, out var own) && own.Here.Counts(operation, origin) != own.There.Counts(operation, origin);
    }

    // Versions at or below the floor that operations above it replaced, of which records tell. Where nobody else replaced them they stand at the floor.
    private static HashSet<Dot> NamedAbove(RowAccess rows, VersionVector floor)
    {
        var below = new CommitsUnder(rows, floor);
        return [.. rows.AllRecords().Where(r => !below.Contains(r.Decision!.Dot)).SelectMany(r => r.Heads).Select(h => h.Dot).Where(below.Contains)];
    }

    /// <summary>Tips that the device says it has written and that are not applied here, counted in commits.</summary>
    public static long Unseen(RowAccess rows, Acknowledgement from)
    {
        long unseen = 0;
        foreach (var (log, tips) in from.Own.Logs)
        {
            foreach (var tip in tips)
            {
                if (rows.Commit(tip.Id) is { State: CommitState.Applied or CommitState.Quarantined }) continue;
                var last = rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, 0), IndexTables.LogFrom(log, tip.Sequence), descending: true).Select(r => r.Key).FirstOrDefault();
                unseen += last is null ? (long)tip.Sequence : Math.Max(1, (long)tip.Sequence - (long)System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(last.AsSpan(16)));
            }
        }

        return unseen;
    }

    // How far a device has come in a log. A branch that it has and this one has not is a fork that nobody has proved yet: nothing of the log counts then.
    private static ulong Shared(RowAccess rows, LogId log, IReadOnlyList<Tip> theirs)
    {
        if (theirs.Count != 1) return 0;
        return rows.Commit(theirs[0].Id) is { State: CommitState.Applied or CommitState.Quarantined } row && row.Log == log ? theirs[0].Sequence : 0;
    }

    // The greatest number below which the log has one branch here, among all that is held.
    private static ulong Unforked(RowAccess rows, LogId log, Tip[] tips)
    {
        ulong last = 0;
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, 0), IndexTables.PrefixEnd(log.ToArray())))
        {
            ulong sequence = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(16));
            if (sequence == last) return last - 1;
            last = sequence;
        }

        return Math.Min(last, tips[^1].Sequence);
    }

    // What a device says of itself may have a hole, and a fork cuts one: a commit lies at or below the floor only with all of its past.
    private static void Close(VaultContext vault, RowAccess rows, Dictionary<LogId, ulong> limits)
    {
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder))
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is not { } row || row.Sequence > limits.GetValueOrDefault(row.Log)) continue;
            var header = Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header;
            if (!header.Dependencies.All(d => rows.Commit(d) is { } dependency && dependency.Sequence <= limits.GetValueOrDefault(dependency.Log))) limits[row.Log] = row.Sequence - 1;
        }
    }
}
