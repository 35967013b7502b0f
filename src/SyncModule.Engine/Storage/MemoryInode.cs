namespace SyncModule.Engine.Storage;

/// <summary>
/// The content of one file of a <see cref="MemoryDisk"/>: what readers see, what the disk holds, and the changes in between.
/// </summary>
internal sealed class MemoryInode(int number)
{
    /// <summary>What a disk writes whole or not at all.</summary>
    private const int Sector = 512;

    private readonly List<Change> _pending = [];
    private byte[] _visible = [];
    private byte[] _durable = [];
    private long _durableLength;

    /// <summary>A write, or (bytes null) a new length.</summary>
    private readonly record struct Change(long Offset, byte[]? Bytes);

    public int Number { get; } = number;

    public long Length { get; private set; }

    /// <summary>Counts lost write-backs; an open file reports those that happened since it was opened, once.</summary>
    public int LostWriteBacks { get; private set; }

    public int SharedLocks { get; set; }

    public bool ExclusivelyLocked { get; set; }

    public int Read(long offset, Span<byte> buffer)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        if (count > 0) _visible.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        Apply(ref _visible, Length, offset, bytes);
        Length = Math.Max(Length, offset + bytes.Length);
        _pending.Add(new(offset, bytes.ToArray()));
    }

    public void SetLength(long length)
    {
        Resize(ref _visible, Length, length);
        Length = length;
        _pending.Add(new(length, null));
    }

    public void Sync()
    {
        foreach (Change change in _pending)
        {
            if (change.Bytes is null)
            {
                Resize(ref _durable, _durableLength, change.Offset);
                _durableLength = change.Offset;
            }
            else
            {
                Apply(ref _durable, _durableLength, change.Offset, change.Bytes);
                _durableLength = Math.Max(_durableLength, change.Offset + change.Bytes.Length);
            }
        }

        _pending.Clear();
    }

    /// <summary>A failed write-back: the pages count as clean, stay visible, and are gone after the next power cut.</summary>
    public void LoseWriteBack()
    {
        _pending.Clear();
        LostWriteBacks++;
    }

    /// <summary>
    /// The disk after power was cut: of each unsynced change any subset of its sectors is there; a length is the old one, the new
    /// one, or new with zeros where the bytes are missing.
    /// </summary>
    public void PowerCut(Func<int, int> random)
    {
        foreach (Change change in _pending)
        {
            if (change.Bytes is null)
            {
                if (random(2) == 0) continue;
                Resize(ref _durable, _durableLength, change.Offset);
                _durableLength = change.Offset;
                continue;
            }

            long end = change.Offset + change.Bytes.Length;
            for (long at = change.Offset; at < end;)
            {
                long next = Math.Min(end, (at / Sector + 1) * Sector);
                if (random(2) == 1)
                {
                    Apply(ref _durable, _durableLength, at, change.Bytes.AsSpan((int)(at - change.Offset), (int)(next - at)));
                    _durableLength = Math.Max(_durableLength, next);
                }

                at = next;
            }

            if (end > _durableLength && random(2) == 1)
            {
                Resize(ref _durable, _durableLength, end);
                _durableLength = end;
            }
        }

        _pending.Clear();
        _visible = _durable.AsSpan(0, (int)_durableLength).ToArray();
        Length = _durableLength;
        SharedLocks = 0;
        ExclusivelyLocked = false;
    }

    /// <summary>All that is visible, as durable content of another file.</summary>
    public MemoryInode Copy(int number)
    {
        var copy = new MemoryInode(number) { Length = Length };
        copy._visible = _visible.AsSpan(0, (int)Length).ToArray();
        copy._durable = [.. copy._visible];
        copy._durableLength = Length;
        return copy;
    }

    /// <summary>True when no power cut can change these visible bytes.</summary>
    public bool IsDurable(long offset, int length)
    {
        long end = offset + length;
        if (end > _durableLength || end > Length) return false;
        foreach (Change change in _pending)
        {
            if (change.Bytes is null)
            {
                if (change.Offset < end) return false;
                continue;
            }

            // The same bytes written once more change nothing, whatever becomes of that write.
            long from = Math.Max(offset, change.Offset), to = Math.Min(end, change.Offset + change.Bytes.Length);
            if (from < to && !change.Bytes.AsSpan((int)(from - change.Offset), (int)(to - from)).SequenceEqual(_durable.AsSpan((int)from, (int)(to - from)))) return false;
        }

        return _visible.AsSpan((int)offset, length).SequenceEqual(_durable.AsSpan((int)offset, length));
    }

    /// <summary>Changes a byte on the disk itself, as a worn disk does.</summary>
    public void Corrupt(long offset, byte mask)
    {
        _visible[offset] ^= mask;
        if (offset < _durableLength) _durable[offset] ^= mask;
    }

    private static void Apply(ref byte[] array, long length, long offset, ReadOnlySpan<byte> bytes)
    {
        Resize(ref array, length, Math.Max(length, offset + bytes.Length));
        bytes.CopyTo(array.AsSpan((int)offset));
    }

    /// <summary>Room for a length, with zeros from the old one on.</summary>
    private static void Resize(ref byte[] array, long length, long newLength)
    {
        if (newLength > array.Length) Array.Resize(ref array, (int)Math.Min(Array.MaxLength, Math.Max(newLength, array.Length * 2L)));
        if (newLength > length) array.AsSpan((int)length, (int)(newLength - length)).Clear();
    }
}
