using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>
/// The packs of one vault folder: sealed objects of large jobs and transfers (format-1 §12). A pack has one writer, which holds a
/// lock on it as long as it lives; everybody may read at any time. Safe for many threads.
/// </summary>
public sealed class PackStore : IDisposable
{
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

    /// <summary>Files open for reading now.</summary>
    internal int OpenHandles => _files.Count;

    public void Dispose() => _files.Dispose();

    private PackScan? Close(Id16 pack)
    {
        var scanner = new PackScanner(_files, pack);
        string path = PackFormat.PathOf(pack);
        if (scanner.IsClosed()) return null; // its writer closed it meanwhile

        // A writer died before its header was whole. The file stays: another process may hold its name and nothing else.
        if (_files.Length(path) <= PackFormat.HeaderLength) return null;
        PackScan scan = scanner.Scan(0, verifyBodies: true);

        // A header that does not name this pack: nothing here can be trusted enough to cut.
        if (!scanner.HasHeader()) return scan;
        using IDiskFile file = _disk.Open(path, DiskOpen.ReadWrite);
        file.SetLength(scan.End);
        file.Write(scan.End, PackFormat.EndRecord());
        file.Sync();
        _disk.SyncFolder(PackFormat.Folder);
        return scan with { IsComplete = true };
    }
}
