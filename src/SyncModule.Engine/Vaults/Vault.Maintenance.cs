using System.Buffers.Binary;
using System.Globalization;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>Looking for damage and taking it out of the way.</summary>
public sealed partial class Vault
{
    internal IReadOnlyList<Id16> PackNames() => _context.Packs.List();

    /// <summary>Reads the whole log: sums, canonical form, signatures, blocks against their ids. Returns the groups and calls back for each damage.</summary>
    /// <remarks>Damage whose commits a peer has brought back goes to <paramref name="healed"/> instead: the bytes stay bad, as evidence.</remarks>
    internal long VerifyLog(Action<string, string> damaged, Action<string, string> healed, CancellationToken cancellationToken)
    {
        long groups = 0;
        var (known, end) = (_indexer.State.Mark, LogMark.Start);
        foreach (var group in _context.Log.ReadGroups(LogMark.Start))
        {
            cancellationToken.ThrowIfCancellationRequested();
            groups++;
            end = group.End;
            var blocks = group.Records.Where(r => r.Type == LogRecordType.Block).Select(r => BlockIds.Compute(r.Bytes.Span)).ToHashSet();
            foreach (var record in group.Records.Where(r => r.Type is LogRecordType.Commit or LogRecordType.MembershipCommit or LogRecordType.PrunedCommit))
            {
                if (WrongWith(record, blocks) is { } wrong) damaged(string.Create(CultureInfo.InvariantCulture, $"log/{record.Position.Segment:0000}.log at {record.Position.Offset}"), wrong);
            }
        }

        // The log alone cannot tell its last group, damaged, from one that was never finished; the index that has it can.
        var noted = HealedDamage();
        var cut = known > end && known.Segment == end.Segment ? [new LogDamage(end.Segment, end.Offset, known.Offset - end.Offset)] : Array.Empty<LogDamage>();
        foreach (var damage in _context.Log.Damage.Concat(cut))
        {
            var tell = noted.Contains(damage) ? healed : damaged;
            tell(string.Create(CultureInfo.InvariantCulture, $"log/{damage.Segment:0000}.log at {damage.Offset}"), string.Create(CultureInfo.InvariantCulture, $"{damage.Length} bytes are no valid group"));
        }

        foreach (var (log, written) in Shortened())
        {
            ulong here = HeldVector(Lane.Data).Sequence(log);
            if (here < written) damaged("log " + log.ToString()[..16], string.Create(CultureInfo.InvariantCulture, $"this device wrote {written} commits to it, and {here} are here"));
        }

        return groups;
    }

    /// <summary>
    /// Notes that a peer which was heard to the end had no more than is here now. What only the damaged bytes held, nobody can tell from what
    /// never was: they stay where they are, as evidence, and verify and status go on to name them, as a note and not as damage.
    /// </summary>
    internal void NoteHealed()
    {
        using var transaction = _context.Local.Begin(write: true);
        foreach (var damage in _context.Log.Damage) transaction.Put(LocalTables.HealedDamage, KeyOf(damage), []);
        transaction.Commit();
    }

    /// <summary>Parts of the log that cannot be read and whose commits were fetched again from a peer, as far as that had them.</summary>
    public int HealedRanges => HealedDamage().Count;

    // What has gone from the disk is no evidence any more.
    private void ForgetHealed(int beforeSegment)
    {
        var gone = HealedDamage().Where(d => d.Segment < beforeSegment).ToList();
        if (gone.Count == 0) return;
        using var transaction = _context.Local.Begin(write: true);
        foreach (var damage in gone) transaction.Delete(LocalTables.HealedDamage, KeyOf(damage));
        transaction.Commit();
    }

    private HashSet<LogDamage> HealedDamage()
    {
        using var transaction = _context.Local.Begin(write: false);
        return [.. transaction.Scan(LocalTables.HealedDamage).Where(r => r.Key.Length == 20).Select(r => new LogDamage(BinaryPrimitives.ReadInt32BigEndian(r.Key), BinaryPrimitives.ReadInt64BigEndian(r.Key.AsSpan(4)), BinaryPrimitives.ReadInt64BigEndian(r.Key.AsSpan(12))))];
    }

    /// <summary>Own logs of which more was written than the folder held when it was opened (see <see cref="VaultInstance"/>).</summary>
    private List<(LogId Log, ulong Written)> Shortened()
    {
        using var transaction = _context.Local.Begin(write: false);
        return [.. transaction.Scan(LocalTables.HighestHead).Where(r => Opens(LocalTables.HighestHead, r.Key, r.Value))
            .Select(r => (new LogId(r.Key), BinaryPrimitives.ReadUInt64BigEndian(_context.LocalSealer.Open(LocalTables.HighestHead, r.Key, r.Value))))];
    }

    private static byte[] KeyOf(LogDamage damage)
    {
        var key = new byte[20];
        BinaryPrimitives.WriteInt32BigEndian(key, damage.Segment);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(4), damage.Offset);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(12), damage.Length);
        return key;
    }

    /// <summary>Reads one pack; with <paramref name="bodies"/> every object is hashed. Returns the objects, calls back with (offset, length) of each damage.</summary>
    internal IReadOnlyList<PackRecord> VerifyPack(Id16 pack, bool bodies, Action<long, long> damaged)
    {
        var scan = _context.Packs.Scan(pack, 0, bodies);
        foreach (var damage in scan.Damage) damaged(damage.Offset, damage.Length);
        return scan.Records;
    }

    /// <summary>Objects that the index lists and that cannot be read where it says; where <paramref name="bodies"/> says so of a pack (zero: the log) also those whose bytes are wrong.</summary>
    /// <param name="bodies">Whether the objects of a pack are hashed.</param>
    /// <param name="hashed">Those that were hashed just now.</param>
    internal IReadOnlyList<ObjectAddress> UnreadableObjects(Func<Id16, bool> bodies, IReadOnlySet<PackRecord> hashed, CancellationToken cancellationToken)
    {
        var listed = Read(rows => rows.Transaction.Scan(IndexTables.Object).Select(r => (new ObjectAddress(r.Key), ObjectLocation.Decode(r.Value))).ToList());
        var wrong = new List<ObjectAddress>();
        foreach (var (address, location) in listed)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (hashed.Contains(new(address, new(location.Pack, location.Offset, location.Length)))) continue;
            if (!IsReadable(address, location, bodies(location.Pack))) wrong.Add(address);
        }

        return wrong;
    }

    /// <summary>Sealed rows of local.db that do not open: peers, import bases, acknowledgements, and how far this device had written. Only this folder had them.</summary>
    internal IReadOnlyList<(byte Table, byte[] Key)> UnreadableLocalRows()
    {
        using var transaction = _context.Local.Begin(write: false);
        return [.. LocalTables.Sealed.SelectMany(table => transaction.Scan(table).Where(r => !Opens(table, r.Key, r.Value)).Select(r => (table, r.Key)).ToList())];
    }

    /// <summary>Forgets such rows: a peer has to be added again, a file is compared with the vault's versions instead of with its base, a peer acknowledges again, what was computed is to be computed anew.</summary>
    internal void DropLocalRows(IReadOnlyList<(byte Table, byte[] Key)> rows)
    {
        if (rows.Count == 0) return;
        using var transaction = _context.Local.Begin(write: true);
        foreach (var (table, key) in rows) transaction.Delete(table, key);
        // A content of which something is missing is none.
        if (rows.Any(r => r.Table == LocalTables.Derived)) transaction.Clear(LocalTables.DerivedHead);
        transaction.Commit();
    }

    private bool Opens(byte table, byte[] key, byte[] row)
    {
        try
        {
            _context.LocalSealer.Open(table, key, row);
            return true;
        }
        catch (SyncException e) when (e.Kind == SyncErrors.LocalStateDamaged)
        {
            return false;
        }
    }

    /// <summary>Computes index and digest again from log and packs, beside the index, and compares them and their rows.</summary>
    internal bool StateFitsLog()
    {
        var here = Digest();
        lock (_sync)
        {
            using var fresh = _stores.OpenScratch();
            var indexer = new Indexer(_context, () => fresh);
            indexer.Rebuild(_cookie);
            using var transaction = fresh.Begin(write: false);
            var items = new ItemList(new RowAccess(transaction, _context.IndexSealer), _context.MayUseThreads);
            var (digest, _) = StateDigest.Compute(_context.Keys, indexer.State.Applied, _context.Membership, items);
            return digest == here.Digest && WithIndex(() => _index.IsWhole() && _indexer.Read(rows => IndexComparison.Fits(rows.Transaction, transaction, _context.IndexSealer)));
        }
    }

    /// <summary>Writes every pack that holds damage anew, without it; the old file is kept under another name. Own logs start anew when the log itself is damaged.</summary>
    internal void DropDamage(IReadOnlyList<ObjectAddress> objects)
    {
        lock (_sync)
        {
            var bad = objects.ToHashSet();
            foreach (var pack in _context.Packs.List()) RewritePack(pack, bad);
            if (_context.Log.Damage.Count > 0) _context.OwnLogs.StartNew();
        }
    }

    /// <summary>Makes the index again even if it seems to fit.</summary>
    internal void RemakeIndex()
    {
        lock (_sync)
        {
            using var held = _context.Disk.Lock(VaultPaths.RebuildLock, TimeSpan.FromMinutes(10));
            _indexer.Rebuild(_cookie);
            if (HoldsBackOwn()) _context.OwnLogs.StartNew();
            _digest = null;
        }
    }

    private static string? WrongWith(LogRecord record, HashSet<BlockId> blocks)
    {
        try
        {
            var commit = Core.Model.Commit.Decode(record.Bytes.Span);
            if (!commit.Verify(SignatureVerifier.Instance)) return $"commit {commit.Id.ToString()[..16]} has a signature that does not fit";
            return record.Type == LogRecordType.PrunedCommit || commit.Header.Blocks.All(b => blocks.Contains(b.Id)) ? null : $"commit {commit.Id.ToString()[..16]} lacks a block";
        }
        catch (VaultFormatException e)
        {
            return "a commit cannot be read: " + e.Message.TrimEnd('.');
        }
    }

    private bool IsReadable(ObjectAddress address, ObjectLocation location, bool bodies)
    {
        try
        {
            if (bodies) return Core.Encoding.Digest.Hash(_context.ReadSealed(location)) == address;
            long? length = _context.Disk.TryGetLength(location.Pack.IsZero ? string.Create(CultureInfo.InvariantCulture, $"{VaultPaths.LogFolder}/{location.Segment:0000}.log") : PackFormat.PathOf(location.Pack));
            return length >= location.Offset + location.Length;
        }
        catch (Exception e) when (e is DiskException or SyncException)
        {
            return false;
        }
    }

    private void RewritePack(Id16 pack, HashSet<ObjectAddress> bad)
    {
        var scan = _context.Packs.Scan(pack, 0, verifyBodies: true);
        if (!scan.IsComplete || (scan.Damage.Count == 0 && !scan.Records.Any(r => bad.Contains(r.Address)))) return;
        using (var writer = _context.Packs.CreateWriter())
        {
            foreach (var record in scan.Records)
            {
                var bytes = new byte[ObjectRecord.HeaderLength + record.Position.Length];
                _context.Packs.Read(record.Position, bytes.AsSpan(ObjectRecord.HeaderLength));
                if (Core.Encoding.Digest.Hash(bytes.AsSpan(ObjectRecord.HeaderLength)) != record.Address) continue;
                ObjectRecord.WriteHeader(bytes, record.Address, record.Position.Length);
                writer.Append(bytes);
            }

            writer.Complete();
        }

        _context.Disk.Rename(PackFormat.PathOf(pack), PackFormat.PathOf(pack) + ".damaged");
        _context.Disk.SyncFolder(PackFormat.Folder);
    }
}
