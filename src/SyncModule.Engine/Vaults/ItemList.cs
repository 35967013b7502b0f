using System.Buffers;
using System.Collections;
using SyncModule.Core.Merging;
using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// All items of a vault at one moment, deleted ones included, in the order of their names (by collection, then key, in UTF-8). A million of
/// them are a hundred megabytes and no objects: they stand as the opened rows of the index, and a state is read when it is asked for.
/// Safe for many threads.
/// </summary>
public sealed class ItemList : IReadOnlyList<KeyState>
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>States that are read at a time, by the caller and another thread at once; fewer than twice as many are not worth one.</summary>
    private const int StatesAtOnce = 1024;

    private readonly List<byte[]> _chunks = [];
    private readonly List<byte[]> _collectionNames = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly CollectionStates? _collections;
    private readonly StateRows _codec;
    private readonly IOriginNumbers _origins;
    private readonly StateRows? _derivedCodec;
    private readonly bool _mayUseThreads;
    private Entry[] _entries = [];
    private int _count, _used, _lastCollection;
    private int _firstDerivedChunk = int.MaxValue;

    /// <param name="rows">Of the index.</param>
    /// <param name="mayUseThreads">See <see cref="IVaultStores.MayUseThreads"/>.</param>
    /// <param name="collections">Items show under these. Null: states as they are, those of the collections themselves among them.</param>
    /// <param name="derived">Has the items of computed collections; null: they are left out.</param>
    internal ItemList(RowAccess rows, bool mayUseThreads, CollectionStates? collections = null, DerivedContent? derived = null)
    {
        _collections = collections;
        (_origins, _mayUseThreads) = (rows.AllOrigins(), mayUseThreads);
        _codec = new(_origins);
        rows.VisitItems(Add, mayUseThreads);
        if (derived is not null && collections is not null && collections.Derived.Count > 0)
        {
            _derivedCodec = new(derived.Origins);
            foreach (string name in collections.Derived) AddDerived(derived, name);
        }

        Sort();
    }

    // A row in a chunk; the collection by its place in the list, later by its rank.
    private record struct Entry(int Chunk, int Offset, int Length, int Collection);

    public int Count => _count;

    /// <summary>Items of which anything but deletions is left (format-1 §16).</summary>
    internal int CountAlive { get; private set; }

    public KeyState this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _count);
            lock (_codec) return Read(_codec, index);
        }
    }

    /// <summary>Some collection is one that is computed on each device: what it holds changes without the index.</summary>
    internal bool MayHoldDerived => _derivedCodec is not null;

    /// <summary>Names of the collections that have items, in no order.</summary>
    public IEnumerable<string> Collections => _numbers.Keys;

    /// <summary>Those of one collection whose key fits, in order. States of others are not made; a list may be gone through any number of times.</summary>
    /// <param name="collection">Its name.</param>
    /// <param name="deleted">Deleted ones too.</param>
    /// <param name="fits">Asked for each key; null = all.</param>
    public IEnumerable<KeyState> Of(string collection, bool deleted = false, Func<string, bool>? fits = null)
    {
        if (!_numbers.TryGetValue(collection, out int number)) yield break;
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Collection != number || (!deleted && !StateRows.IsAnyAlive(Row(_entries[i])))) continue;
            if (fits is not null && !fits(System.Text.Encoding.UTF8.GetString(Key(_entries[i])))) continue;
            // Of versions that compete a deletion may stand although others are alive.
            if (this[i] is var state && (deleted || state.IsAlive)) yield return state;
        }
    }

    public IEnumerator<KeyState> GetEnumerator()
    {
        int next = 0;
        if (_mayUseThreads && _count >= 4 * StatesAtOnce)
        {
            // Who looks at all of them waits for nothing but their reading: two threads take half of the time.
            var codec = new StateRows(_origins);
            var states = new KeyState[StatesAtOnce];
            for (; _count - next >= 2 * StatesAtOnce; next += 2 * StatesAtOnce)
            {
                var beside = new PooledStep<KeyState[]>(() => Read(new(_origins), next + StatesAtOnce, new KeyState[StatesAtOnce]));
                Read(codec, next, states);
                foreach (var state in states) yield return state;
                foreach (var state in beside.Finish()) yield return state;
            }
        }

        for (; next < _count; next++) yield return this[next];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private KeyState[] Read(StateRows codec, int start, KeyState[] states)
    {
        for (int i = 0; i < states.Length; i++) states[i] = Read(codec, start + i);
        return states;
    }

    private KeyState Read(StateRows codec, int index)
    {
        if (_entries[index].Chunk >= _firstDerivedChunk)
        {
            // Made on this device just so: no tree or policy is about it.
            lock (_derivedCodec!) return _derivedCodec.Read(Row(_entries[index]));
        }

        var state = codec.Read(Row(_entries[index]));
        return _collections is null ? state : _collections.Mask(state);
    }

    private ReadOnlySpan<byte> Row(in Entry entry) => _chunks[entry.Chunk].AsSpan(entry.Offset, entry.Length);

    private void Add(ReadOnlySpan<byte> row)
    {
        var name = StateRows.Names(row, out var key);
        if (_collections is not null && key.IsEmpty) return;
        if (_chunks.Count == 0 || _chunks[^1].Length - _used < row.Length)
        {
            // The first is small, because most lists are.
            _chunks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(row.Length, _chunks.Count == 0 ? ChunkBytes >> 6 : ChunkBytes)));
            _used = 0;
        }

        row.CopyTo(_chunks[^1].AsSpan(_used));
        if (_count == _entries.Length) Array.Resize(ref _entries, Math.Max(64, 2 * _count));
        _entries[_count++] = new(_chunks.Count - 1, _used, row.Length, CollectionOf(name));
        _used += row.Length;
        if (StateRows.IsAnyAlive(row)) CountAlive++;
    }

    // What was written under a name shows, and is never hidden by what is computed (docs/decisions/125).
    private void AddDerived(DerivedContent derived, string collection)
    {
        if (_firstDerivedChunk == int.MaxValue) (_firstDerivedChunk, _used) = (_chunks.Count, int.MaxValue); // the next row begins a chunk
        var written = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < _count && _numbers.TryGetValue(collection, out int number); i++)
        {
            if (_entries[i].Collection == number) written[System.Text.Encoding.UTF8.GetString(Key(_entries[i]))] = i;
        }

        int before = _count;
        var replaced = new List<(int Place, Entry Entry)>();
        var row = new ArrayBufferWriter<byte>();
        try
        {
            derived.Visit(collection, (operation, origin) =>
            {
                bool isWritten = written.TryGetValue(operation.Key, out int place);
                if (isWritten && Read(_codec, place).IsAlive) return;
                row.ResetWrittenCount();
                _derivedCodec!.WriteFirst(operation, origin, row);
                Add(row.WrittenSpan);
                if (!isWritten) return;
                replaced.Add((place, _entries[place])); // a deletion
                _entries[place] = _entries[--_count];
            });
        }
        catch (SyncException e) when (e.Kind == SyncErrors.LocalStateDamaged)
        {
            // Whoever reads one of them is told; a list of everything must not end with it.
            _count = before;
            foreach (var (place, entry) in replaced) _entries[place] = entry;
        }
    }

    // There are few, and the last one found is nearly always the next one's.
    private int CollectionOf(ReadOnlySpan<byte> name)
    {
        if (_collectionNames.Count > 0 && name.SequenceEqual(_collectionNames[_lastCollection])) return _lastCollection;
        string text = System.Text.Encoding.UTF8.GetString(name);
        if (!_numbers.TryGetValue(text, out int number))
        {
            _numbers[text] = number = _collectionNames.Count;
            _collectionNames.Add(name.ToArray());
        }

        return _lastCollection = number;
    }

    private void Sort()
    {
        var order = Enumerable.Range(0, _collectionNames.Count).ToArray();
        Array.Sort(order, (a, b) => _collectionNames[a].AsSpan().SequenceCompareTo(_collectionNames[b]));
        var (rank, starts) = (new int[order.Length], new int[order.Length + 1]);
        for (int i = 0; i < order.Length; i++) rank[order[i]] = i;
        for (int i = 0; i < _count; i++) starts[rank[_entries[i].Collection] + 1]++;
        for (int i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        if (order.Length > 1)
        {
            var (sorted, next) = (new Entry[_count], starts.ToArray());
            for (int i = 0; i < _count; i++) sorted[next[rank[_entries[i].Collection]]++] = _entries[i];
            _entries = sorted;
        }

        var prefixes = new ulong[_count];
        for (int i = 0; i < order.Length; i++) SortByKey(_entries.AsSpan(starts[i]..starts[i + 1]), prefixes.AsSpan(starts[i]..starts[i + 1]), 0);
    }

    // By the eight bytes behind what all of them begin with, as one number each; those that are equal there by the next eight, and so on.
    private void SortByKey(Span<Entry> entries, Span<ulong> prefixes, int skip)
    {
        if (entries.Length < 2) return;
        skip += Common(entries, skip);
        for (int i = 0; i < entries.Length; i++) prefixes[i] = Prefix(Key(entries[i])[skip..]);
        prefixes.Sort(entries);
        for (int start = 0; start < entries.Length;)
        {
            int end = start + 1;
            while (end < entries.Length && prefixes[end] == prefixes[start]) end++;
            if (end - start > 1)
            {
                // A zero at the end: names that end there, or hold a NUL, as only a member that breaks the rules writes them.
                if ((prefixes[start] & 0xFF) == 0) entries[start..end].Sort((a, b) => Key(a).SequenceCompareTo(Key(b)));
                else SortByKey(entries[start..end], prefixes[start..end], skip + sizeof(ulong));
            }

            start = end;
        }
    }

    private int Common(ReadOnlySpan<Entry> entries, int skip)
    {
        var first = Key(entries[0])[skip..];
        int common = first.Length;
        foreach (ref readonly var entry in entries)
        {
            if (common == 0) return 0;
            common = first[..common].CommonPrefixLength(Key(entry)[skip..]);
        }

        return common;
    }

    private ReadOnlySpan<byte> Key(in Entry entry)
    {
        _ = StateRows.Names(Row(entry), out var key);
        return key;
    }

    // Zeros behind the end sort a name before those that begin with it.
    private static ulong Prefix(ReadOnlySpan<byte> rest)
    {
        if (rest.Length >= sizeof(ulong)) return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(rest);
        ulong value = 0;
        for (int i = 0; i < sizeof(ulong); i++) value = (value << 8) | (i < rest.Length ? rest[i] : 0u);
        return value;
    }
}
