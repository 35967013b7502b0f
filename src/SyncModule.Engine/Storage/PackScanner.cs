using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Storage;

/// <summary>Walks the records of one pack.</summary>
internal sealed class PackScanner(ReadHandleCache files, Id16 pack)
{
    private const int Window = 1 << 20;

    // Bodies are hashed many at a time: enough of the usual ones to fill the processor's lanes.
    private const int Lot = 4 << 20;

    private readonly string _path = PackFormat.PathOf(pack);
    private readonly List<LaneMessage> _lot = [];
    private readonly Dictionary<long, Id32> _digests = []; // by the body's offset in the file
    private byte[] _buffer = [];
    private Id32[] _hashes = [];
    private long _from, _to; // of the file, in the buffer

    /// <summary>True when the header is this pack's own.</summary>
    public bool HasHeader()
    {
        Span<byte> header = stackalloc byte[PackFormat.HeaderLength];
        return files.Read(_path, 0, header) == header.Length && header.SequenceEqual(PackFormat.Header(pack));
    }

    /// <summary>True when the place of the header was never written.</summary>
    public bool HeaderIsZero()
    {
        Span<byte> header = stackalloc byte[PackFormat.HeaderLength];
        return files.Read(_path, 0, header) == header.Length && !header.ContainsAnyExcept((byte)0);
    }

    /// <summary>True when the last bytes of the file are the end record.</summary>
    public bool IsClosed()
    {
        long length = files.Length(_path);
        if (length < PackFormat.HeaderLength + ObjectRecord.HeaderLength) return false;
        Span<byte> last = stackalloc byte[ObjectRecord.HeaderLength];
        return files.Read(_path, length - last.Length, last) == last.Length && last.SequenceEqual(PackFormat.EndRecord());
    }

    public PackScan Scan(long from, bool verifyBodies)
    {
        var records = new List<PackRecord>();
        var damage = new List<PackDamage>();
        long length = files.Length(_path);
        long at = Math.Max(from, PackFormat.HeaderLength);
        // Nothing but zeros: the power was cut before the writer had written anything that lasts.
        bool unborn = length == PackFormat.HeaderLength && HeaderIsZero();
        if (from == 0 && length >= PackFormat.HeaderLength && !HasHeader() && !unborn) damage.Add(new(pack, 0, PackFormat.HeaderLength));
        bool complete = false;
        while (at < length)
        {
            if (TryRecord(at, length, out ObjectAddress address, out int size))
            {
                long body = at + ObjectRecord.HeaderLength;
                if (address.IsZero) complete = size == 0 && body == length;
                else if (!verifyBodies || BodyFits(body, size, address)) records.Add(new(address, new(pack, body, size)));
                else if (body + size == length || FindRecord(body + size, length) < 0) break; // the last one, torn
                else damage.Add(new(pack, at, ObjectRecord.HeaderLength + size));
                at = body + size;
                continue;
            }

            long next = FindRecord(at + 1, length);
            if (next < 0) break;
            damage.Add(new(pack, at, next - at));
            at = next;
        }

        return new(records, damage, Math.Min(at, length), complete);
    }

    private bool TryRecord(long at, long fileLength, out ObjectAddress address, out int size)
    {
        Span<byte> header = stackalloc byte[ObjectRecord.HeaderLength];
        address = default;
        size = 0;
        return fileLength - at >= header.Length && Read(at, header) == header.Length && ObjectRecord.TryReadHeader(header, out address, out size) &&
            size <= fileLength - at - header.Length;
    }

    // From memory what a lot has brought there.
    private int Read(long at, Span<byte> header)
    {
        if (at < _from || at + header.Length > _to) return files.Read(_path, at, header);
        _buffer.AsSpan((int)(at - _from), header.Length).CopyTo(header);
        return header.Length;
    }

    private bool BodyFits(long offset, int size, ObjectAddress address)
    {
        if (!_digests.ContainsKey(offset)) HashFrom(offset, size);
        return _digests.Remove(offset, out Id32 digest) && digest == address;
    }

    // Hashes one body and those of the records right behind it that fit in memory with it. Nothing when the file ends before.
    private void HashFrom(long offset, int size)
    {
        _digests.Clear();
        (_from, _to) = (0, 0);
        int wanted = (int)Math.Min(Math.Max(size, Lot), Math.Max(size, files.Length(_path) - offset));
        if (_buffer.Length < wanted) _buffer = GC.AllocateUninitializedArray<byte>(wanted); // a body is inside the file and at most 16 MiB: TryRecord
        int count = files.Read(_path, offset, _buffer.AsSpan(0, wanted));
        if (count < size) return;
        (_from, _to) = (offset, offset + count);
        _lot.Clear();
        _lot.Add(new(0, size));
        for (int at = size; ObjectRecord.TryReadHeader(_buffer.AsSpan(at, count - at), out ObjectAddress address, out int next) && next <= count - at - ObjectRecord.HeaderLength;)
        {
            at += ObjectRecord.HeaderLength;
            if (!address.IsZero) _lot.Add(new(at, next));
            at += next;
        }

        if (_hashes.Length < _lot.Count) _hashes = new Id32[Math.Max(_lot.Count, 2 * _hashes.Length)];
        Lanes.Hash(_buffer.AsSpan(0, count), CollectionsMarshal.AsSpan(_lot), _hashes);
        for (int i = 0; i < _lot.Count; i++) _digests[offset + _lot[i].Offset] = _hashes[i];
    }

    /// <summary>
    /// The first offset at or behind <paramref name="from"/> with a record: its checksum fits, and its body fits its address, since
    /// four bytes fit anywhere sooner or later. -1 when there is none.
    /// </summary>
    private long FindRecord(long from, long fileLength)
    {
        var window = new byte[(int)Math.Min(Window, Math.Max(fileLength - from, 1))];
        while (fileLength - from >= ObjectRecord.HeaderLength)
        {
            int count = files.Read(_path, from, window);
            ReadOnlySpan<byte> bytes = window.AsSpan(0, count);
            int last = count - ObjectRecord.HeaderLength;
            for (int i = 0; i <= last; i++)
            {
                // The length is looked at first: it rules out nearly every offset of random bytes.
                uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[(i + 32)..]);
                if (length > ObjectRecord.MaxLength || !ObjectRecord.TryReadHeader(bytes[i..], out ObjectAddress address, out int size)) continue;
                long body = from + i + ObjectRecord.HeaderLength;
                if (size > fileLength - body) continue;
                if (address.IsZero ? size == 0 && body == fileLength : BodyFits(body, size, address)) return from + i;
            }

            if (last < 0 || from + count >= fileLength) return -1;
            from += last + 1;
        }

        return -1;
    }
}
