namespace SyncModule.Engine.Storage;

/// <summary>
/// Open files for reading, the least recently used closed first, so that a vault of thousands of packs stays far from the limit
/// on open files. Safe for many threads; no lock is held while bytes are read.
/// </summary>
internal sealed class ReadHandleCache(IDisk disk, int capacity = 32) : IDisposable
{
    private sealed class Entry(IDiskFile file)
    {
        public IDiskFile File { get; } = file;

        public int Users { get; set; }

        public bool Dropped { get; set; }

        public LinkedListNode<string> Node { get; set; } = null!;
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _recent = new();

    /// <summary>Files open now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    public int Read(string path, long offset, Span<byte> buffer)
    {
        Entry entry = Borrow(path);
        try
        {
            return entry.File.Read(offset, buffer);
        }
        finally
        {
            Return(entry);
        }
    }

    public long Length(string path)
    {
        Entry entry = Borrow(path);
        try
        {
            return entry.File.Length;
        }
        finally
        {
            Return(entry);
        }
    }

    /// <summary>Forgets a file that was replaced or removed.</summary>
    public void Drop(string path)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(path, out Entry? entry)) Remove(entry);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Entry entry in _entries.Values.ToArray()) Remove(entry);
        }
    }

    private Entry Borrow(string path)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(path, out Entry? entry))
            {
                _recent.Remove(entry.Node);
                _recent.AddFirst(entry.Node);
            }
            else
            {
                while (_entries.Count >= capacity) Remove(_entries[_recent.Last!.Value]);
                entry = new Entry(disk.Open(path, DiskOpen.Read)) { Node = _recent.AddFirst(path) };
                _entries.Add(path, entry);
            }

            entry.Users++;
            return entry;
        }
    }

    private void Return(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users == 0 && entry.Dropped) entry.File.Dispose();
        }
    }

    // The file itself is closed when its last reader is done.
    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Node.Value);
        _recent.Remove(entry.Node);
        entry.Dropped = true;
        if (entry.Users == 0) entry.File.Dispose();
    }
}
