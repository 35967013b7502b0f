using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What can be taken off this disk (format-1 §8).</summary>
/// <param name="Floor">Of the checkpoint that stands for what goes; null where no version goes.</param>
/// <param name="Commits">Commits that lose their operations: versions that were replaced before everybody had the floor.</param>
/// <param name="CommitBytes">Bytes of these.</param>
/// <param name="Objects">Objects that no version names which stays.</param>
/// <param name="ObjectBytes">Bytes of these.</param>
public sealed record PruneResult(VersionVector? Floor, long Commits, long CommitBytes, long Objects, long ObjectBytes)
{
    public bool IsNothing => Commits == 0 && Objects == 0;
}

/// <summary>Taking old versions, and objects that nobody names, off this device's disk. Other devices keep theirs.</summary>
public sealed partial class Vault
{
    /// <summary>Bytes of one group of the copy.</summary>
    private const int CopiedGroupBytes = 8 << 20;

    /// <summary>What <see cref="Prune"/> would take away now. Reads the whole log.</summary>
    /// <param name="history">Versions too that were replaced below the newest checkpoint with a snapshot; without it only objects that nobody names.</param>
    public PruneResult PlanPrune(bool history) => Read(rows =>
    {
        // As if the checkpoint had been made that can be made now.
        var floor = history && Progress(rows).Floor is { Count: > 0 } now ? now : null;
        return PlanPrune(rows, floor, floor is null ? [] : StateAt(rows, floor).All, history && floor is null).Told;
    });

    /// <summary>
    /// Takes it away. The log is copied without it, the copy is synced and read again, and only then the old files go; the index is made anew. A crash
    /// at any moment leaves the old log, or both, or the copy.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultBusy"/>: somebody else has the folder open; <see cref="SyncErrors.LogDamaged"/>; <see cref="SyncErrors.PruneBlocked"/>.</exception>
    public PruneResult Prune(bool history)
    {
        using var alone = _context.Use.Alone();
        lock (_writing)
        {
            lock (_sync)
            {
                try
                {
                    CatchUp();
                    var (told, plan) = _indexer.Read(rows => PlanPrune(rows, null, [], history));
                    if (!told.IsNothing) Replace(plan);
                    return told;
                }
                catch (DiskException e)
                {
                    throw e.ToSyncException();
                }
            }
        }
    }

    /// <summary>Throws when somebody else has the folder open; lets go again when it is disposed.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultBusy"/>.</exception>
    internal IDisposable CheckAlone() => _context.Use.Alone();

    /// <summary>Bytes of log and packs.</summary>
    /// <exception cref="SyncException">The disk's error.</exception>
    internal long StoredBytes()
    {
        try
        {
            return new[] { VaultPaths.LogFolder, VaultPaths.PackFolder }.Sum(folder => _context.Disk.List(folder).Sum(name => _context.Disk.TryGetLength(folder + "/" + name) ?? 0));
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private (PruneResult Told, PrunePlan Plan) PlanPrune(RowAccess rows, VersionVector? floor, IEnumerable<Core.Merging.KeyState> atFloor, bool standing)
    {
        if (_indexer.State.WaitingCommits > 0) throw SyncErrors.PruneBlocked.With("Commits wait here for what has not come yet, and what they name is not known");
        if (standing && StandingCheckpoint(rows) is { } checkpoint) (floor, atFloor) = (checkpoint.Floor, Snapshot.StatesOf(_context, rows, checkpoint.Id));
        var plan = PrunePlan.Make(_context, rows, floor, atFloor);
        return (new(floor, plan.Pruned.Count, plan.BlockBytes, plan.UnusedObjects, plan.UnusedBytes), plan);
    }

    // The newest that is applied and was compared here, and whose snapshot is here whole.
    private (CommitId Id, VersionVector Floor)? StandingCheckpoint(RowAccess rows)
    {
        var candidates = CheckpointRows.All(rows).Where(c => c.Compared).Reverse().ToList();
        foreach (var (id, row, _) in candidates)
        {
            var parts = _context.Blocks.Open(rows, row).Operations(id, row).Select(o => o.Operation.Detail).OfType<CheckpointDetail>().Where(d => d.Snapshot is not null).ToList();
            if (parts.Count > 0 && parts.All(p => new ValueReader(_context, a => rows.Object(a)).IsComplete(p.Snapshot!))) return (id, parts[0].Floor);
        }

        return null;
    }

    private void Replace(PrunePlan plan)
    {
        using (var session = _context.Log.AcquireAppend(TimeSpan.FromSeconds(60)))
        {
            CheckWhole();
            int first = Copy(session, plan);
            var packs = CopyPacks(plan);
            // The index goes first, and durably: one that lists an object which has gone would let a later value count on it.
            _index.Dispose();
            _stores.DeleteIndex();
            _context.Disk.SyncFolder("");
            _context.Log.DropBefore(first);
            foreach (var pack in packs) _context.Packs.Delete(pack);
            if (packs.Count > 0) _context.Disk.SyncFolder(PackFormat.Folder);
            ForgetHealed(first);
        }

        _index = OpenIndex();
        Rebuild(force: true);
        _digest = null;
    }

    // A copy passes over what cannot be read: nothing is lost with it only if each commit that the index has stands in the log whole, and all damage was
    // healed by a peer. Read now: damage that nobody has met yet is in no list.
    private void CheckWhole()
    {
        var here = new HashSet<CommitId>();
        bool lost = !_context.Log.WalkGroups(LogMark.Start).All(g => HoldsWhole(g, here));
        lost |= _indexer.Read(rows => rows.Transaction.Scan(IndexTables.Commit).Any(r => !here.Contains(new CommitId(r.Key))));
        if (lost || !_context.Log.Damage.All(HealedDamage().Contains)) throw SyncErrors.LogDamaged.With("Part of the log is damaged, and nothing is taken from it before that is mended");
    }

    // In the order of the log, so that whoever reads it meets everything behind what it needs, as before.
    private int Copy(AppendSession session, PrunePlan plan)
    {
        var end = session.End;
        int first = _context.Log.BeginSegment();
        var (expected, copied) = (new HashSet<CommitId>(), new HashSet<CommitId>());
        var builder = new LogGroupBuilder();
        foreach (var group in _context.Log.ReadGroups(LogMark.Start))
        {
            if (group.Start >= end) break;
            CopyGroup(group, plan, expected, builder);
            if (builder.PayloadLength < CopiedGroupBytes) continue;
            session.Append(builder);
            builder.Clear();
        }

        if (builder.Count > 0) session.Append(builder);
        session.Sync();
        foreach (var group in _context.Log.ReadGroups(end).Where(g => g.Start.Segment >= first))
        {
            HoldsWhole(group, copied);
        }

        // Nothing was deleted yet: the copy is given up, and goes with the next one.
        return expected.IsSubsetOf(copied) ? first : throw SyncErrors.DiskFailed.With("The copy of the log does not read as it was written");
    }

    // Adds the commits of a group that stand there whole; false when one does not.
    private static bool HoldsWhole(LogGroup group, HashSet<CommitId> whole)
    {
        bool all = true;
        var blocks = group.Records.Where(r => r.Type == LogRecordType.Block).Select(r => BlockIds.Compute(r.Bytes.Span)).ToHashSet();
        foreach (var record in group.Records.Where(r => r.Type is LogRecordType.Commit or LogRecordType.MembershipCommit or LogRecordType.PrunedCommit))
        {
            if (WrongWith(record, blocks) is null) whole.Add(Core.Model.Commit.Decode(record.Bytes.Span).Id);
            else all = false;
        }

        return all;
    }

    private static void CopyGroup(LogGroup group, PrunePlan plan, HashSet<CommitId> expected, LogGroupBuilder builder)
    {
        var blocks = new Dictionary<BlockId, LogRecord>();
        foreach (var record in group.Records)
        {
            switch (record.Type)
            {
                case LogRecordType.Block: blocks[BlockIds.Compute(record.Bytes.Span)] = record; break;
                case LogRecordType.Object when plan.Kept.Contains(Core.Encoding.Digest.Hash(record.Bytes.Span)): builder.Add(record.Type, record.Bytes.Span); break;
                case LogRecordType.Commit or LogRecordType.MembershipCommit or LogRecordType.PrunedCommit:
                    var commit = Core.Model.Commit.Decode(record.Bytes.Span);
                    if (!expected.Add(commit.Id)) break; // a copy that was given up
                    bool prune = record.Type == LogRecordType.PrunedCommit || plan.Pruned.Contains(commit.Id) || (plan.WithoutBlocks.Contains(commit.Id) && commit.Header is { Lane: Lane.Data, Blocks.Count: > 0 });
                    foreach (var entry in prune ? [] : commit.Header.Blocks) builder.Add(LogRecordType.Block, blocks[entry.Id].Bytes.Span);
                    builder.Add(prune ? LogRecordType.PrunedCommit : record.Type, record.Bytes.Span);
                    break;
            }
        }
    }

    // Packs that hold something which nobody names are written anew without it; gives the old ones, which still are there.
    private List<Id16> CopyPacks(PrunePlan plan)
    {
        var old = new List<Id16>();
        foreach (var pack in _context.Packs.List())
        {
            var scan = _context.Packs.Scan(pack, 0, verifyBodies: true);
            if (!scan.IsComplete || scan.Damage.Count > 0 || scan.Records.All(r => plan.Kept.Contains(r.Address))) continue;
            if (scan.Records.Any(r => plan.Kept.Contains(r.Address))) CopyPack(scan.Records.Where(r => plan.Kept.Contains(r.Address)));
            old.Add(pack);
        }

        return old;
    }

    private void CopyPack(IEnumerable<PackRecord> records)
    {
        using var writer = _context.Packs.CreateWriter();
        foreach (var record in records)
        {
            var bytes = new byte[ObjectRecord.HeaderLength + record.Position.Length];
            _context.Packs.Read(record.Position, bytes.AsSpan(ObjectRecord.HeaderLength));
            ObjectRecord.WriteHeader(bytes, record.Address, record.Position.Length);
            writer.Append(bytes);
        }

        writer.Complete();
    }
}
