using System.Buffers;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The item rows of one transaction. What is written is kept as it will stand in the row, so a hundred thousand items are a few megabytes
/// and no objects; <see cref="Flush"/> seals them many at a time and writes them in key order, which is what makes it fast.
/// Where <see cref="SeenItems"/> prove that there is no row, none is looked for.
/// </summary>
internal sealed class ItemRows
{
    /// <summary>Fewer rows than this are sealed before a thread has begun.</summary>
    private const int WorthAThread = 2048;

    private readonly ITableTransaction _transaction;
    private readonly RowSealer _sealer;
    private readonly SeenItems? _seen;
    private readonly Dictionary<Id16, int> _slots = [];
    private readonly OriginRows _origins;
    private readonly StateRows _codec;
    private RowArena? _arena;
    private Written[] _written = [];
    private int _count;

    public ItemRows(ITableTransaction transaction, RowSealer sealer, SeenItems? seen)
    {
        (_transaction, _sealer, _seen, _origins) = (transaction, sealer, seen, new(transaction));
        _codec = new(_origins);
    }

    /// <summary>A row that waits to be written.</summary>
    private readonly record struct Written(Id16 Tag, int Chunk, int Offset, int Length);

    /// <summary>Rows that wait to be written.</summary>
    public int Pending => _count;

    /// <summary>The state of an item; null when it was never written.</summary>
    public KeyState? Get(Id16 tag)
    {
        if (_count > 0 && _slots.TryGetValue(tag, out int slot)) return Read(_arena!.Row(_written[slot].Chunk, _written[slot].Offset, _written[slot].Length));
        if (_seen is not null && !_seen.MayHold(tag)) return null;
        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        return _transaction.Get(IndexTables.Item, key) is { } row ? Read(_sealer.Open(IndexTables.Item, key, row)) : null;
    }

    public void Set(Id16 tag, KeyState state)
    {
        _arena ??= new();
        _arena.BeginRow();
        _codec.Write(state, _arena);
        Take(tag);
    }

    /// <summary>The same for a row that was made elsewhere, by the numbers of this index (see <see cref="HasNumber"/>). Takes a copy.</summary>
    public void SetRow(Id16 tag, ReadOnlySpan<byte> row)
    {
        _arena ??= new();
        _arena.BeginRow();
        _arena.Write(row);
        Take(tag);
    }

    /// <summary>Whether this number stands for this origin here; an origin that has none gets its own now.</summary>
    public bool HasNumber(NumberedOrigin origin) => _origins.NumberOf(origin.Device, origin.Log) == origin.Number;

    /// <summary>The first operation of an item: <see cref="Set"/> of what it makes.</summary>
    public void SetFirst(Id16 tag, Operation operation, in OperationOrigin origin)
    {
        _arena ??= new();
        _arena.BeginRow();
        _codec.WriteFirst(operation, origin, _arena);
        Take(tag);
    }

    /// <summary>So many items are on their way.</summary>
    public void Expect(int items)
    {
        _slots.EnsureCapacity(items);
        if (items > _written.Length) Array.Resize(ref _written, items);
    }

    // The row that stands at the arena's end.
    private void Take(Id16 tag)
    {
        var (chunk, offset, length) = _arena!.EndRow();
        ref int slot = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_slots, tag, out bool known);
        if (!known)
        {
            slot = _count++;
            if (_count > _written.Length) Array.Resize(ref _written, Math.Max(64, 2 * _written.Length));
            _seen?.Add(tag);
        }

        _written[slot] = new(tag, chunk, offset, length);
    }

    /// <summary>The state in an opened row.</summary>
    public KeyState Read(ReadOnlySpan<byte> row)
    {
        try
        {
            return _codec.Read(row);
        }
        catch (VaultFormatException e)
        {
            throw SyncErrors.IndexDamaged.With("An item's row cannot be read: " + e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>Writes what was changed and forgets it.</summary>
    /// <param name="mayUseThreads">Many rows are sealed by a thread of its own while this one writes those before.</param>
    public void Flush(bool mayUseThreads)
    {
        if (_count == 0) return;
        if (mayUseThreads && _count >= WorthAThread) SealedRows.Run(Seal, Put);
        else Seal(Put);
        _slots.Clear();
        _count = 0;
        _arena!.Dispose();
        _arena = null;
    }

    // In the order of the table. Changes nothing here.
    private void Seal(RowVisitor put)
    {
        var batch = new RowBatch(_sealer, IndexTables.Item);
        Span<byte> key = stackalloc byte[Id16.Size];
        foreach (int slot in TagOrder.Of(_written.AsSpan(0, _count), static w => w.Tag))
        {
            var (tag, chunk, offset, length) = _written[slot];
            tag.CopyTo(key);
            batch.Begin(key).WriteRaw(_arena!.Row(chunk, offset, length));
            if (batch.IsFull) batch.Seal(put);
        }

        batch.Seal(put);
    }

    private void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row) => _transaction.PutInOrder(IndexTables.Item, key, row);
}
