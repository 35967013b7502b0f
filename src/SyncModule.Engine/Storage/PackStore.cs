using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>
/// The packs of one vault folder: sealed objects of large jobs and transfers (format-1 §12). A pack has one writer, which holds a
/// lock on it as long as it lives; everybody may read at any time. Safe for many threads.
/// </summary>
public sealed class PackStore : IDisposable
{
    /// <summary>No writer lets more stand unsynced before it syncs, of what others may come to count on.</summary>
    private const long MostUnsynced = 64 << 20;

    private readonly IDisk _disk;
    private readonly Action<Span<byte>> _random;
    private readonly ReadHandleCache _files;

    private PackStore(IDisk disk, Action<Span<byte>> random)
    {
        (_disk, _random) = (disk, random);
        _files = new ReadHandleCache(disk);
    }

    /// <summary>Opens the packs of a folder; nothing is read yet. <paramref name="random"/> fills a span with unpredictable bytes.</summary>
    public static PackStore Open(IDisk disk, Action<Span<byte>> random) => new(disk, random);

    /// <summary>All packs, in the order of their names. Files of other names are left alone.</summary>
    public IReadOnlyList<Id16> List() => [.. _disk.List(PackFormat.Folder).Select(PackFormat.ParseName).OfType<Id16>()];

    /// <summary>
    /// Starts a new pack, locked for this writer. <paramref name="expectedLength"/>: bytes that will probably come, 0 when unknown; at
    /// most 64 MiB are reserved at a time.
    /// </summary>
    public PackWriter CreateWriter(long expectedLength = 0)
    {
        if (!_disk.Exists(PackFormat.Folder)) _disk.CreateFolder(PackFormat.Folder);
        Span<byte> random = stackalloc byte[Id16.Size];
        _random(random);
        var pack = new Id16(random);
        string path = PackFormat.PathOf(pack);

        // Locked from its birth: recovery by another process leaves it alone.
        IDisposable held = _disk.TryLock(path) ?? throw SyncErrors.VaultBusy.With($"The new pack {pack} is locked already");
        try
        {
            return new PackWriter(_disk, pack, held, expectedLength);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads the headers of the records at and behind <paramref name="from"/> (0: from the beginning). Where a header is not valid
    /// the next record whose body fits its address is looked for: found, the bytes between are damage; not found, this is the end,
    /// which may be torn. <paramref name="verifyBodies"/>: each body is hashed as well; a wrong one is damage.
    /// </summary>
    public PackScan Scan(Id16 pack, long from = 0, bool verifyBodies = false) => new PackScanner(_files, pack).Scan(from, verifyBodies);

    /// <summary>Reads all sealed bytes into <paramref name="destination"/>, which has exactly their length. The caller checks them by their address.</summary>
    public void Read(PackPosition position, Span<byte> destination)
    {
        if (destination.Length != position.Length) throw new ArgumentException("The destination must have the object's length.", nameof(destination));
        if (_files.Read(PackFormat.PathOf(position.Pack), position.Offset, destination) != position.Length)
        {
            throw SyncErrors.ObjectDamaged.With($"The pack {position.Pack} ends before an object at {position.Offset}");
        }
    }

    /// <summary>
    /// Syncs and closes the packs whose writers died: each is cut behind its last whole record, whose body is checked. Packs that
    /// are complete, or are being written now, are left alone. Returns what was recovered; its records may be indexed.
    /// </summary>
    public IReadOnlyList<(Id16 Pack, PackScan Scan)> Recover()
    {
        var recovered = new List<(Id16, PackScan)>();
        foreach (Id16 pack in List())
        {
            if (new PackScanner(_files, pack).IsClosed()) continue;
            using IDisposable? held = _disk.TryLock(PackFormat.PathOf(pack));
            if (held is null) continue;
            if (Close(pack) is { } scan) recovered.Add((pack, scan));
        }

        return recovered;
    }

    /// <summary>Removes a pack of which everything that is needed stands elsewhere. Durable after the folder was synced.</summary>
    internal void Delete(Id16 pack)
    {
        _files.Drop(PackFormat.PathOf(pack));
        _disk.Delete(PackFormat.PathOf(pack));
    }

    /// <summary>Files open for reading now.</summary>
    internal int OpenHandles => _files.Count;

    public void Dispose() => _files.Dispose();

    // Between whole records that were never synced, a power cut leaves out others: nobody was told of those, so they are no damage.
    // If one was synced and has rotted, the index lists it and verify tells of it, or the index is made again and it is wanted.
    private static void Blank(IDiskFile file, PackDamage damage)
    {
        if (damage.Offset < PackFormat.HeaderLength) return;
        for (long at = damage.Offset, end = damage.Offset + damage.Length; end - at >= ObjectRecord.HeaderLength;)
        {
            var padding = new byte[(int)Math.Min(end - at, ObjectRecord.MaxLength)];
            if (end - at - padding.Length is > 0 and <= ObjectRecord.HeaderLength) padding = new byte[padding.Length / 2];
            if (padding.Length == ObjectRecord.HeaderLength) return; // padding of length 0 would close the pack
            ObjectRecord.WritePadding(padding);
            file.Write(at, padding);
            at += padding.Length;
        }
    }

    private PackScan? Close(Id16 pack)
    {
        var scanner = new PackScanner(_files, pack);
        string path = PackFormat.PathOf(pack);
        if (scanner.IsClosed()) return null; // its writer closed it meanwhile

        // A writer died before its header was whole. The file stays: another process may hold its name and nothing else.
        if (_files.Length(path) <= PackFormat.HeaderLength) return null;
        PackScan scan = scanner.Scan(0, verifyBodies: !Plants.PackTailTrusted);

        // A header that names something else: nothing here can be trusted enough to cut. One of zeros is the first sector of a writer
        // whose power was cut; the name says what it was, and each record has its own sum.
        if (!scanner.HasHeader() && !scanner.HeaderIsZero()) return scan;
        using IDiskFile file = _disk.Open(path, DiskOpen.ReadWrite);
        if (!scanner.HasHeader()) file.Write(0, PackFormat.Header(pack));
        foreach (PackDamage damage in scan.Damage) Blank(file, damage);

        // The writer may be dead because the disk refused its sync: to this one its last bytes would look stored (docs/decisions/023).
        file.Rewrite(Math.Max(0, scan.End - MostUnsynced), scan.End);
        file.SetLength(scan.End);
        file.Sync(); // before the end, as its writer would have
        file.Write(scan.End, PackFormat.EndRecord());
        file.Sync();
        _disk.SyncFolder(PackFormat.Folder);
        return scan with { Damage = [], IsComplete = true };
    }
}
