using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Storage;

/// <summary>
/// Writes one pack, batch by batch, and holds its lock until disposed. After an exception nothing behind <see cref="SyncedLength"/>
/// is stored and the writer takes no more; what is synced stays. One thread appends; another may call <see cref="Sync"/> meanwhile.
/// </summary>
public sealed class PackWriter : IDisposable
{
    private const long Step = 64 << 20;

    private readonly IDisk _disk;
    private readonly IDiskFile _file;
    private readonly IDisposable _held;
    private readonly long _expected;
    private long _reserved;
    private readonly Lock _syncing = new();
    private long _length;
    private bool _named;
    private volatile bool _ended;
    private volatile bool _failed;

    internal PackWriter(IDisk disk, Id16 pack, IDisposable held, long expectedLength)
    {
        (_disk, _held, Pack, _expected) = (disk, held, pack, expectedLength);
        _file = disk.Open(PackFormat.PathOf(pack), DiskOpen.ReadWrite);
        try
        {
            Reserve(PackFormat.HeaderLength + ObjectRecord.HeaderLength);
            _file.Write(0, PackFormat.Header(pack));
            Length = PackFormat.HeaderLength;
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The pack's name.</summary>
    public Id16 Pack { get; }

    /// <summary>Bytes written so far: where the next batch goes.</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        private set => Volatile.Write(ref _length, value);
    }

    /// <summary>Bytes that are on the disk; objects below it are stored.</summary>
    public long SyncedLength { get; private set; }

    /// <summary>
    /// Writes a batch of whole records as it is (the caller has verified the bodies against their addresses); returns the objects
    /// in it, padding left out. <see cref="Core.Encoding.VaultFormatException"/> when the bytes are not whole records; nothing is written then.
    /// </summary>
    public IReadOnlyList<PackRecord> Append(ReadOnlySpan<byte> wholeRecords)
    {
        ThrowIfEnded();
        var records = new List<PackRecord>();
        for (int at = 0; at < wholeRecords.Length;)
        {
            // Padding of length 0 would close the pack: it comes from Complete only.
            if (!ObjectRecord.TryReadHeader(wholeRecords[at..], out ObjectAddress address, out int length) ||
                length > wholeRecords.Length - at - ObjectRecord.HeaderLength || (address.IsZero && length == 0))
            {
                throw new Core.Encoding.VaultFormatException("A batch for a pack is not made of whole records.");
            }

            at += ObjectRecord.HeaderLength;
            if (!address.IsZero) records.Add(new(address, new(Pack, Length + at, length)));
            at += length;
        }

        Write(wholeRecords);
        return records;
    }

    /// <summary>
    /// Writes the first <paramref name="length"/> bytes of a block, whole records that the caller has checked, past the page cache where
    /// that is possible, and pads them to a multiple of the alignment. Gives the offset in the pack at which the block's first byte stands.
    /// </summary>
    /// <param name="block">With room for the padding behind the records: see <see cref="BlockRoom"/>.</param>
    /// <param name="length">Bytes of whole records.</param>
    internal long AppendBlock(Block block, int length)
    {
        ThrowIfEnded();
        int padding = ObjectRecord.PaddingFor(length, Block.Alignment);
        if (padding > 0) ObjectRecord.WritePadding(block.GetSpan().Slice(length, padding));
        Align(Block.Alignment);
        long at = Length;
        WriteChecked(block.GetSpan()[..(length + padding)], direct: true);
        return at;
    }

    /// <summary>Bytes behind the records of a block that its padding may need.</summary>
    internal const int BlockRoom = 2 * Block.Alignment;

    /// <summary>Pads so that the next batch begins at a multiple of <paramref name="alignment"/>, as direct I/O wants it.</summary>
    public void Align(int alignment = 4096)
    {
        ThrowIfEnded();
        var padding = new byte[ObjectRecord.PaddingFor(Length, alignment)];
        if (padding.Length == 0) return;
        ObjectRecord.WritePadding(padding);
        Write(padding);
    }

    /// <summary>Returns when everything appended is on the disk, under its name. Throws <see cref="DiskException"/>.</summary>
    public void Sync()
    {
        ThrowIfEnded();
        SyncFile();
    }

    /// <summary>Gives unused room back, syncs, and closes the pack for ever.</summary>
    public void Complete()
    {
        ThrowIfEnded();
        // Whoever finds the end takes all before it for stored: it must not outlive a power cut that took some of that. It is not synced itself;
        // where it is lost, recovery looks at the bodies and closes the pack again (docs/decisions/115).
        Guarded(() => _file.SetLength(Length));
        (Action first, Action last) = Plants.EndBeforeSync ? ((Action)WriteEnd, (Action)SyncFile) : (SyncFile, WriteEnd);
        first();
        last();
        _ended = true;
    }

    /// <summary>Releases the lock. A pack that was not completed is closed by the next recovery.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_failed) CutToSynced();
        _failed = false;
        _ended = true;
        _held.Dispose();
    }

    /// <summary>
    /// After a failed sync the lost bytes are still visible, and recovery would take them for stored: they are cut off while the
    /// lock is held. If that fails too they stay a risk until the next power cut; their objects were never acknowledged.
    /// </summary>
    private void CutToSynced()
    {
        try
        {
            using IDiskFile file = _disk.Open(PackFormat.PathOf(Pack), DiskOpen.ReadWrite);
            file.SetLength(SyncedLength);
            file.Sync();
        }
        catch (DiskException)
        {
            // The caller has the first error, and nothing that is not synced was ever reported as stored.
        }
    }

    private void WriteEnd() => Write(PackFormat.EndRecord());

    private void Write(ReadOnlySpan<byte> bytes) => WriteChecked(bytes, direct: false);

    private void WriteChecked(ReadOnlySpan<byte> bytes, bool direct)
    {
        try
        {
            Reserve(Length + bytes.Length + ObjectRecord.HeaderLength);
            if (direct) _file.WriteDirect(Length, bytes);
            else _file.Write(Length, bytes);
        }
        catch (DiskException)
        {
            _ended = _failed = true;
            throw;
        }

        Length += bytes.Length;
    }

    private void SyncFile()
    {
        lock (_syncing)
        {
            long length = Length; // before the sync: what is appended meanwhile may or may not be covered
            Guarded(() =>
            {
                _file.Sync();
                if (!_named)
                {
                    _disk.SyncFolder(""); // the folder itself may be new, made by somebody who died before syncing its name
                    _disk.SyncFolder(PackFormat.Folder);
                    _named = true;
                }
            });
            SyncedLength = length;
        }
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (DiskException)
        {
            _ended = _failed = true;
            throw;
        }
    }

    private void Reserve(long length)
    {
        if (length <= _reserved) return;
        long wanted = length + Math.Clamp(_expected - Length, 0, Step);
        if (_expected == 0) wanted = length + Math.Min(Length, Step); // unknown: double
        _file.Preallocate(wanted);
        _reserved = wanted;
    }

    private void ThrowIfEnded()
    {
        if (_ended) throw new InvalidOperationException("This pack takes no more: it was completed, disposed, or a write failed.");
    }
}
