using System.Buffers.Binary;

namespace SyncModule.Engine.Storage;

/// <summary>
/// Collects the records of one group in the form in which they are written, so that appending is one write and no copy. Can be
/// filled before any lock is held; reusable after <see cref="Clear"/>.
/// </summary>
public sealed class LogGroupBuilder
{
    /// <summary>Where a group outgrows what small ones need, it is nearly always a thousand values: room for all of them at once, not three arrays on the way.</summary>
    private const int Small = 64 << 10, Large = 1408 << 10;

    private readonly List<(int Offset, int Length)> _records = [];
    private byte[] _group = new byte[1024];
    private int _length = LogFormat.GroupHeaderLength;

    /// <summary>The bytes of a record, until the next one is added.</summary>
    internal ReadOnlySpan<byte> this[int record] => _group.AsSpan(_records[record].Offset, _records[record].Length);

    /// <summary>Records added.</summary>
    public int Count => _records.Count;

    /// <summary>Bytes of all records with their headers.</summary>
    public int PayloadLength => _length - LogFormat.GroupHeaderLength;

    /// <summary>True when a record of that length still fits.</summary>
    public bool Fits(int length) => length <= LogFormat.MaxPayloadLength - PayloadLength - LogFormat.RecordHeaderLength;

    /// <summary>Adds a record; returns its index. Throws <see cref="ArgumentException"/> when it is too long for its type or for the group.</summary>
    public int Add(LogRecordType type, ReadOnlySpan<byte> bytes)
    {
        if (!Enum.IsDefined(type)) throw new ArgumentException("Unknown type of record.", nameof(type));
        if (type == LogRecordType.Object && bytes.Length > LogFormat.MaxObjectLength) throw new ArgumentException("An object this long belongs in a pack.", nameof(bytes));
        bytes.CopyTo(Reserve(bytes.Length));
        return Complete(type, bytes.Length);
    }

    /// <summary>Room for a record of at most so many bytes that is made where it will stand; nothing else may be added before <see cref="Complete"/>.</summary>
    internal Span<byte> Reserve(int most)
    {
        if (!Fits(most)) throw new ArgumentException("The group is full.", nameof(most));
        int offset = _length + LogFormat.RecordHeaderLength;
        int end = offset + most;
        if (end > _group.Length) Array.Resize(ref _group, (int)Math.Max(end, Math.Min(end > Small ? Math.Max(Large, _group.Length * 2L) : _group.Length * 2L, LogFormat.MaxPayloadLength + LogFormat.GroupHeaderLength)));
        return _group.AsSpan(offset, most);
    }

    /// <summary>Adds the first <paramref name="length"/> bytes of what was reserved; returns the record's index.</summary>
    internal int Complete(LogRecordType type, int length)
    {
        int offset = _length + LogFormat.RecordHeaderLength;
        _group[_length] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(_group.AsSpan(_length + 1), length);
        _records.Add((offset, length));
        _length = offset + length;
        return _records.Count - 1;
    }

    /// <summary>Bytes of memory that it holds.</summary>
    internal int Capacity => _group.Length;

    /// <summary>Removes all records, keeps the memory.</summary>
    public void Clear()
    {
        _records.Clear();
        _length = LogFormat.GroupHeaderLength;
    }

    /// <summary>The whole group, with room for its header in front.</summary>
    internal Span<byte> Group => _group.AsSpan(0, _length);

    /// <summary>Where record <paramref name="index"/> stands when the group starts at <paramref name="groupOffset"/>.</summary>
    internal LogPosition PositionOf(int index, int segment, long groupOffset) =>
        new(segment, groupOffset + _records[index].Offset, _records[index].Length);
}
