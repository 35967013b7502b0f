using System.Buffers;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What sessions read from the vault and bring into it.</summary>
public sealed partial class Vault
{
    /// <summary>Largest block of a commit that is opened again only to find small objects to push with it.</summary>
    private const int PushedBlockBytes = 32 << 10;

    /// <summary>The folded membership lane. Sessions ask before every event, so it does not wait for the index.</summary>
    public MembershipFold Membership
    {
        get
        {
            if (_context.Folded is { } fold) return fold;
            lock (_sync) return _context.Membership.Fold;
        }
    }

    public bool KnowsMembershipCommit(CommitId id)
    {
        lock (_sync) return _context.Membership.Knows(id);
    }

    /// <summary>The held vector of a lane, level with the log.</summary>
    public VersionVector HeldVector(Lane lane) => ReadState(state => (lane == Lane.Data ? state.Held : state.Members).Clone());

    public VersionVector AppliedVector() => ReadState(state => state.Applied.Clone());

    /// <summary>True when nothing that a folded operation names is missing here (format-1 §6).</summary>
    public bool IsFull() => Read(rows => !rows.Transaction.Scan(IndexTables.Wanted).Any() && _indexer.State.WaitingCommits == 0);

    /// <summary>
    /// `full` (format-1 §6): per log the greatest sequence, at most the applied one, up to which every object that a kept version names is
    /// here. Equal to the applied sequences exactly where no object is wanted. Reads every wanted object's row.
    /// </summary>
    public IReadOnlyDictionary<LogId, ulong> FullVector() => Read(rows =>
    {
        var full = new SortedDictionary<LogId, ulong>();
        foreach (var (log, tips) in _indexer.State.Applied.Logs) full[log] = tips[^1].Sequence;
        foreach (var (_, wanted) in rows.AllWanted())
        {
            foreach (var (log, needed) in wanted.NeededBy)
            {
                if (full.TryGetValue(log, out ulong upTo) && upTo >= needed) full[log] = needed - 1;
            }
        }

        return (IReadOnlyDictionary<LogId, ulong>)full;
    });

    /// <summary>Ids of the commits that are behind the tips in <paramref name="theirs"/>: in apply order, those that wait last.</summary>
    internal IReadOnlyList<CommitId> CommitsBehind(Lane lane, VersionVector theirs) => Read(rows =>
    {
        var found = new List<(ulong Order, ulong Sequence, CommitId Id)>();
        var newest = Plants.OneWatermark ? theirs.Logs.SelectMany(l => l.Value).Max(tip => rows.Commit(tip.Id)?.Timestamp) : null;
        foreach (var (log, tips) in (lane == Lane.Data ? _indexer.State.Held : _indexer.State.Members).Logs)
        {
            var known = theirs[log].Where(tip => rows.Commit(tip.Id) is { } row && row.Log == log).ToList();
            var skip = AncestorsAbove(rows, known, isForked: tips.Length > 1, out ulong from);
            foreach (var (key, _) in rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(log, from), IndexTables.PrefixEnd(log.ToArray())))
            {
                var id = new CommitId(key.AsSpan(24));
                if (skip.Contains(id)) continue;
                var row = rows.Commit(id)!;
                if (row.State == CommitState.Loose || (Plants.OneWatermark && row.Timestamp.CompareTo(newest ?? default) <= 0)) continue;
                found.Add((row.Order == 0 ? ulong.MaxValue : row.Order, row.Sequence, id));
            }
        }

        found.Sort((a, b) => a.Order != b.Order ? a.Order.CompareTo(b.Order) : a.Sequence.CompareTo(b.Sequence));
        return (IReadOnlyList<CommitId>)[.. found.Select(f => f.Id)];
    });

    /// <summary>What this process wrote last, as far as it follows on what the peer has; see <see cref="RecentCommits.Behind"/>. Takes no lock of the vault.</summary>
    internal FreshCommits? Fresh(VersionVector theirs) => _writer.Recent.Behind(theirs);

    /// <summary>Where a commit stands and how far it has come; null when it is not here.</summary>
    internal CommitRow? FindCommit(CommitId id) => Read(rows => rows.Commit(id));

    /// <summary>The operations of an applied data commit, in order; malformed ones are left out.</summary>
    internal IReadOnlyList<(Operation Operation, Core.Merging.OperationOrigin Origin)> OperationsOf(CommitId id) => Read(rows =>
    {
        var found = new List<(Operation, Core.Merging.OperationOrigin)>();
        if (rows.Commit(id) is not { State: CommitState.Applied } row) return found;
        found.AddRange(_context.Blocks.Read(rows, id, row).Operations(id, row));
        return found;
    });

    /// <summary>A commit as it is sent; null when it is not here.</summary>
    internal CommitBundle? ReadBundle(CommitId id, bool withSmallObjects)
    {
        lock (_sync)
        {
            return WithIndex(() => _indexer.Read(rows =>
            {
                if (rows.Commit(id) is not { } row) return null;
                byte[] record = _context.Blocks.ReadRecord(row.Position);
                byte[][] blocks = [.. row.Blocks.Select(_context.Blocks.ReadRecord)];
                if (!CommitBytes.AreIntact(id, record, blocks)) return null;
                var small = withSmallObjects && row.Lane == Lane.Data && blocks.Sum(b => b.Length) <= PushedBlockBytes ? SmallObjectsOf(rows, id, row) : [];
                return new CommitBundle(record, blocks, small);
            }));
        }
    }

    internal IReadOnlyList<ObjectAddress> WantedObjects(int max, IReadOnlySet<ObjectAddress> exclude) => Read(rows =>
        (IReadOnlyList<ObjectAddress>)[.. rows.Transaction.Scan(IndexTables.Wanted).Select(r => new ObjectAddress(r.Key)).Where(a => !exclude.Contains(a)).Take(max)]);

    /// <summary>The objects in which blocks of a commit stand.</summary>
    internal IReadOnlyList<ObjectAddress> BlockObjectsOf(CommitRow row) => Retrying(() => (IReadOnlyList<ObjectAddress>)[.. _context.Blocks.ReferencesIn(row).Select(r => r.Address)]);

    /// <summary>
    /// A peer has been asked for these and does not have them. Where one of them is a block, its commit has been pruned there, most likely: then a checkpoint stands
    /// for it. That is noted in the log, so that whoever makes the index anew comes to the same.
    /// </summary>
    internal void NoteLacking(IReadOnlyList<ObjectAddress> addresses)
    {
        // Nearly always they belong to values, and nothing follows from it.
        if (Lacking(addresses).Count == 0) return;
        AppendLevel(step =>
        {
            var group = new LogGroupBuilder();
            foreach (var id in Lacking(addresses)) group.Add(LogRecordType.PrunedCommit, _context.Blocks.ReadRecord(step.Rows.Commit(id)!.Position));
            if (group.Count > 0) step.Write(group);
        });
        UpdateIndex();
    }

    // Commits that wait for them and of which it is not noted yet.
    private IReadOnlyList<CommitId> Lacking(IReadOnlyList<ObjectAddress> addresses) => Read(rows =>
    {
        if (!rows.Transaction.Scan(IndexTables.Waiting).Any()) return (IReadOnlyList<CommitId>)[];
        var waiting = addresses.SelectMany(a => rows.WaitingFor(a)).ToHashSet();
        if (waiting.Count > 0) waiting.ExceptWith(rows.WaitingFor(CheckpointRows.Pruned));
        return [.. waiting];
    });

    public bool HasObject(ObjectAddress address)
    {
        lock (_sync) return WithIndex(() => _indexer.Read(rows => rows.HasObject(address)));
    }

    internal bool TryReadObjectRecord(ObjectAddress address, IBufferWriter<byte> destination)
    {
        ObjectLocation? location;
        lock (_sync) location = WithIndex(() => _indexer.Read(rows => rows.Object(address)));
        if (location is not { } here) return false;
        try
        {
            // Checked before it is sent: damage at rest must not travel, and the peer would only refuse it.
            byte[] bytes = _context.ReadSealed(here);
            if (Core.Encoding.Digest.Hash(bytes) != address) return false;
            var span = destination.GetSpan(Storage.ObjectRecord.HeaderLength + bytes.Length);
            Storage.ObjectRecord.WriteHeader(span, address, bytes.Length);
            bytes.CopyTo(span[Storage.ObjectRecord.HeaderLength..]);
            destination.Advance(Storage.ObjectRecord.HeaderLength + bytes.Length);
            return true;
        }
        catch (DiskException)
        {
            return false;
        }
    }

    /// <summary>Where objects stand, in the order asked; null for those that are not here.</summary>
    internal IReadOnlyList<ObjectLocation?> Locate(IReadOnlyList<ObjectAddress> addresses)
    {
        lock (_sync) return WithIndex(() => _indexer.Read(rows => (IReadOnlyList<ObjectLocation?>)[.. addresses.Select(a => rows.Object(a))]));
    }

    /// <summary>
    /// Reads the records of objects that stand behind each other in one pack, or of one object in the log. False when they cannot be read,
    /// or when a head is not the one that belongs there.
    /// </summary>
    internal bool TryReadRecords(IReadOnlyList<(ObjectAddress Address, ObjectLocation Location)> run, Span<byte> destination)
    {
        var first = run[0].Location;
        try
        {
            if (first.Pack.IsZero)
            {
                var body = destination[Storage.ObjectRecord.HeaderLength..];
                _context.Log.Read(new(first.Segment, first.Offset, first.Length), body);
                Storage.ObjectRecord.WriteHeader(destination, run[0].Address, first.Length);
                return Core.Encoding.Digest.Hash(body) == run[0].Address;
            }

            _context.Packs.Read(new(first.Pack, first.Offset - Storage.ObjectRecord.HeaderLength, destination.Length), destination);
            foreach (var (address, location) in run)
            {
                if (!Storage.ObjectRecord.TryReadHeader(destination, out var there, out int length) || there != address || length != location.Length) return false;
                destination = destination[(Storage.ObjectRecord.HeaderLength + length)..];
            }

            return true;
        }
        catch (Exception e) when (e is DiskException or SyncException)
        {
            return false;
        }
    }

    internal IReadOnlyList<ObjectAddress> AddressesInRange(byte first, ObjectAddress? after, int max)
    {
        byte[] from = after is { } last ? [.. last.ToArray(), 0] : [first];
        return Read(rows => (IReadOnlyList<ObjectAddress>)[.. rows.Transaction.Scan(IndexTables.Object, from, IndexTables.PrefixEnd([first])).Take(max).Select(r => new ObjectAddress(r.Key))]);
    }

    /// <summary>What is being imported by this process, for its sessions.</summary>
    internal ObjectFeed Feed { get; } = new();

    /// <summary>Takes objects from a session; see <see cref="ObjectReceiver"/>.</summary>
    internal ObjectReceiver NewObjectReceiver() => new(_context, this, RaiseChanged);

    /// <summary>Lists what processes that died had written into packs: a cut transfer goes on behind it.</summary>
    internal void RecoverPacks()
    {
        lock (_sync)
        {
            // Also where nothing was recovered but something is missing: an index that was made again while a pack was being written
            // does not list what stood in it.
            bool recovered = WithIndex(() => _context.Packs.Recover().Count > 0);
            if (recovered || WithIndex(() => _indexer.Read(rows => rows.Transaction.Scan(IndexTables.Wanted).Any()))) WithIndex(() => _indexer.ScanPacks());
        }
    }

    private T ReadState<T>(Func<IndexState, T> read)
    {
        lock (_sync)
        {
            CatchUp();
            return read(_indexer.State);
        }
    }

    // With one known tip, everything of the log behind it is to be sent. With several (a fork), all ancestors of any of them are
    // known there, and whatever else the log has is not: a fork is rare and its log is walked whole.
    private static HashSet<CommitId> AncestorsAbove(RowAccess rows, List<Tip> known, bool isForked, out ulong from)
    {
        var skip = new HashSet<CommitId>();
        from = known.Count == 1 && !isForked ? known[0].Sequence + 1 : 1;
        if (from > 1) return skip;
        foreach (var tip in known)
        {
            for (var id = tip.Id; skip.Add(id) && rows.Commit(id) is { Previous.IsZero: false } row;) id = row.Previous;
        }

        return skip;
    }

    private List<ObjectAddress> SmallObjectsOf(RowAccess rows, CommitId id, CommitRow row)
    {
        // The values of such a commit are not looked for: it would have to be opened whole.
        var references = _context.Blocks.ReferencesIn(row);
        if (references.Count > 0) return [.. references.Where(r => r.Length <= SessionLimits.SmallObject && rows.HasObject(r.Address)).Select(r => r.Address)];
        var content = _context.Blocks.Read(rows, id, row);
        var small = new List<ObjectAddress>();
        foreach (var decoded in content.Blocks.SelectMany(b => b))
        {
            if (decoded.Operation?.Value?.Reference is { Kind: ObjectKind.Chunk } reference && reference.Length <= SessionLimits.SmallObject && rows.HasObject(reference.Address)) small.Add(reference.Address);
        }

        return small;
    }
}
