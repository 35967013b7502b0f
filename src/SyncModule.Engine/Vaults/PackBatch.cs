using System.Runtime.InteropServices;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Gathers received records until a block is full and writes it to the session's pack in one piece. Bodies that stand in a block one
/// behind the other, from its start, are written from where they are; everything else is copied into a block of its own. One thread.
/// </summary>
internal sealed class PackBatch(PackStore packs) : IDisposable
{
    private const int BlockSize = 4 << 20;

    /// <summary>Less goes through the page cache and needs no padding.</summary>
    private const int DirectBytes = 256 << 10;

    private readonly BlockPool _pool = new(BlockSize, most: 1);
    private readonly List<CheckedObject> _gathered = []; // offsets in the block
    private readonly List<(ObjectAddress Address, ObjectLocation Location)> _written = [];
    private Block? _block;
    private bool _borrowed;
    private int _length;
    private PackWriter? _pack;

    /// <summary>Takes the good records that are not known; may write what was gathered before.</summary>
    public void Add(CheckedObjects objects, IReadOnlySet<ObjectAddress> known)
    {
        if (known.Count == 0 && objects.Rejected.Count == 0 && TryBorrow(objects)) return;
        foreach (var one in objects.Good)
        {
            if (!known.Contains(one.Address)) Copy(objects.Records.Span.Slice(one.Offset, ObjectRecord.HeaderLength + one.Length), one);
        }
    }

    /// <summary>Returns when everything is on the disk; what was written since the last call goes to the end of <paramref name="written"/>.</summary>
    public void Sync(List<(ObjectAddress Address, ObjectLocation Location)> written)
    {
        WriteOut(full: false);
        if (_written.Count == 0) return;
        if (!Plants.ObjectsListedUnsynced) _pack!.Sync();
        written.AddRange(_written);
        _written.Clear();
    }

    /// <summary>Closes the pack, if there is one. What was added after the last sync must not exist.</summary>
    public void Complete() => _pack?.Complete();

    /// <summary>Forgets what is not synced, after a failure; the next records go to a new pack.</summary>
    public void Abandon()
    {
        Forget();
        _written.Clear();
        _pack?.Dispose();
        _pack = null;
    }

    public void Dispose()
    {
        Abandon();
        _pool.Dispose();
    }

    private bool TryBorrow(CheckedObjects objects)
    {
        if (!MemoryMarshal.TryGetMemoryManager<byte, Block>(objects.Records, out var block, out int start, out int length)) return false;
        if (block != _block || start != _length)
        {
            // The receiver has gone on to another block, so nobody writes behind what was gathered.
            WriteOut(full: _borrowed && block != _block);
            if (start != 0) return false;
            block.Hold();
            (_block, _borrowed) = (block, true);
        }

        foreach (var one in objects.Good) _gathered.Add(one with { Offset = start + one.Offset });
        _length += length;
        return true;
    }

    private void Copy(ReadOnlySpan<byte> record, CheckedObject one)
    {
        if (_borrowed || _length + record.Length > BlockSize - PackWriter.BlockRoom) WriteOut(full: !_borrowed);
        if (record.Length > BlockSize - PackWriter.BlockRoom)
        {
            // Up to 16 MiB: goes alone, as it is.
            WriteOut(full: !_borrowed);
            _pack ??= packs.CreateWriter();
            List(one, _pack.Length + ObjectRecord.HeaderLength);
            _pack.Append(record);
            return;
        }

        _block ??= _pool.Rent();
        record.CopyTo(_block.GetSpan()[_length..]);
        _gathered.Add(one with { Offset = _length });
        _length += record.Length;
    }

    // A borrowed block that is not full is still being filled behind what is written: there is no room for padding then.
    private void WriteOut(bool full)
    {
        if (_block is not { } block) return;
        try
        {
            _pack ??= packs.CreateWriter();
            long at;
            if (_length >= DirectBytes && (full || !_borrowed)) at = _pack.AppendBlock(block, _length);
            else
            {
                at = _pack.Length;
                _pack.Append(block.GetSpan()[.._length]);
            }

            foreach (var one in _gathered) List(one, at + one.Offset + ObjectRecord.HeaderLength);
        }
        finally
        {
            Forget();
        }
    }

    private void List(CheckedObject one, long offset) => _written.Add((one.Address, ObjectLocation.InPack(new(_pack!.Pack, offset, one.Length))));

    private void Forget()
    {
        _block?.Release();
        (_block, _borrowed, _length) = (null, false, 0);
        _gathered.Clear();
    }
}
