namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// Rows in unsigned byte order, held in chunks of sorted arrays: the overlay of a write transaction and the tables of
/// <see cref="MemoryTableStore"/>. <see cref="Fork"/> is cheap, because a chunk is copied only when the fork first writes to it.
/// Invariants: no chunk is empty; keys ascend strictly within and across chunks; a chunk is changed only by its owner.
/// </summary>
internal sealed class SortedRows
{
    private const int ChunkSize = 256;
    private readonly List<Chunk> _chunks;

    public SortedRows() => _chunks = [];

    private SortedRows(List<Chunk> chunks, int count)
    {
        _chunks = chunks;
        Count = count;
    }

    public int Count { get; private set; }

    /// <summary>A second set with the same rows. The original must not be written to afterwards.</summary>
    public SortedRows Fork() => new([.. _chunks], Count);

    /// <summary>False where there is no row. A value of null is a row too: the overlay's mark for "deleted".</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out byte[]? value)
    {
        int c = ChunkOf(key);
        int i = c < 0 ? -1 : _chunks[c].Find(key);
        value = i < 0 ? null : _chunks[c].Values[i];
        return i >= 0;
    }

    /// <summary>Adds or replaces; the arrays are kept, not copied.</summary>
    public void Set(ReadOnlySpan<byte> key, byte[]? value)
    {
        if (_chunks.Count == 0) _chunks.Add(new Chunk(this));
        int c = Math.Max(ChunkOf(key), 0);
        Chunk chunk = Own(c);
        int i = chunk.Find(key);
        if (i >= 0)
        {
            chunk.Values[i] = value;
            return;
        }

        i = ~i;
        if (chunk.Count == ChunkSize)
        {
            // Rows that arrive in order fill their chunks: only the last key's successor starts a new one.
            bool append = i == ChunkSize && c == _chunks.Count - 1;
            Chunk upper = chunk.SplitAt(append ? ChunkSize : ChunkSize / 2, this);
            _chunks.Insert(c + 1, upper);
            if (append || i > chunk.Count) (i, chunk) = (i - chunk.Count, upper);
        }

        chunk.Insert(i, key.ToArray(), value);
        Count++;
    }

    public void Remove(ReadOnlySpan<byte> key)
    {
        int c = ChunkOf(key);
        int i = c < 0 ? -1 : _chunks[c].Find(key);
        if (i < 0) return;
        Count--;
        if (_chunks[c].Count == 1) _chunks.RemoveAt(c);
        else Own(c).RemoveAt(i);
    }

    /// <summary>Rows of <paramref name="range"/> in its direction. The set must not be changed while this runs.</summary>
    public IEnumerable<KeyValuePair<byte[], byte[]?>> Rows(KeyRange range)
    {
        var (c, i) = Start(range);
        while (c >= 0 && c < _chunks.Count)
        {
            Chunk chunk = _chunks[c];
            for (; i >= 0 && i < chunk.Count; i += range.Descending ? -1 : 1)
            {
                if (!range.Contains(chunk.Keys[i])) yield break;
                yield return new(chunk.Keys[i], chunk.Values[i]);
            }

            c += range.Descending ? -1 : 1;
            i = range.Descending && c >= 0 ? _chunks[c].Count - 1 : 0;
        }
    }

    // The first position in the range's direction; it may lie outside the range or outside the set.
    private (int Chunk, int Index) Start(KeyRange range)
    {
        if (!range.Descending)
        {
            if (range.Low is null) return (0, 0);
            int c = Math.Max(ChunkOf(range.Low), 0);
            if (c >= _chunks.Count) return (c, 0);
            int i = _chunks[c].Find(range.Low);
            return (c, i < 0 ? ~i : range.LowOpen ? i + 1 : i);
        }
        else
        {
            int c = range.High is null ? _chunks.Count - 1 : ChunkOf(range.High);
            if (c < 0) return (-1, 0);
            if (range.High is null) return (c, _chunks[c].Count - 1);
            int i = _chunks[c].Find(range.High);
            return (c, (i < 0 ? ~i : i) - 1);
        }
    }

    // The last chunk whose first key is <= key, or -1.
    private int ChunkOf(ReadOnlySpan<byte> key)
    {
        int low = 0, high = _chunks.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (key.SequenceCompareTo(_chunks[middle].Keys[0]) < 0) high = middle;
            else low = middle + 1;
        }

        return low - 1;
    }

    private Chunk Own(int c)
    {
        if (_chunks[c].Owner != this) _chunks[c] = _chunks[c].Copy(this);
        return _chunks[c];
    }

    private sealed class Chunk(SortedRows owner)
    {
        public readonly SortedRows Owner = owner;
        public readonly byte[][] Keys = new byte[ChunkSize][];
        public readonly byte[]?[] Values = new byte[]?[ChunkSize];

        public int Count { get; private set; }

        public int Find(ReadOnlySpan<byte> key)
        {
            int low = 0, high = Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                int order = key.SequenceCompareTo(Keys[middle]);
                if (order == 0) return middle;
                if (order < 0) high = middle;
                else low = middle + 1;
            }

            return ~low;
        }

        public void Insert(int i, byte[] key, byte[]? value)
        {
            Array.Copy(Keys, i, Keys, i + 1, Count - i);
            Array.Copy(Values, i, Values, i + 1, Count - i);
            (Keys[i], Values[i]) = (key, value);
            Count++;
        }

        public void RemoveAt(int i)
        {
            Count--;
            Array.Copy(Keys, i + 1, Keys, i, Count - i);
            Array.Copy(Values, i + 1, Values, i, Count - i);
            Keys[Count] = null!;
            Values[Count] = null;
        }

        public Chunk Copy(SortedRows owner) => CopyFrom(0, owner);

        public Chunk SplitAt(int i, SortedRows owner)
        {
            Chunk upper = CopyFrom(i, owner);
            Array.Clear(Keys, i, Count - i);
            Array.Clear(Values, i, Count - i);
            Count = i;
            return upper;
        }

        private Chunk CopyFrom(int i, SortedRows owner)
        {
            var copy = new Chunk(owner) { Count = Count - i };
            Array.Copy(Keys, i, copy.Keys, 0, copy.Count);
            Array.Copy(Values, i, copy.Values, 0, copy.Count);
            return copy;
        }
    }
}
