using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>
/// The commit log of one vault folder: the truth, and the only allocator of numbers (format-1 §12). Many processes read it; one
/// at a time appends, under a lock (<see cref="AcquireAppend"/>). Reading needs no lock. Safe for many threads.
/// Invariants: a segment never changes once a higher one exists · only the lock's holder cuts a file, and only behind the last
/// valid group, or its own groups whose sync failed · nothing below <see cref="SyncedMark"/> is lost by a power cut.
/// </summary>
public sealed partial class CommitLog : IDisposable
{
    internal const string Folder = "log";
    private const string LockPath = Folder + "/append.lock";

    private readonly IDisk _disk;
    private readonly Action<Span<byte>> _random;
    private readonly CommitLogOptions _options;
    private readonly ReadHandleCache _files;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Id16> _ids = [];
    private readonly SortedSet<LogDamage> _damage = new(Comparer<LogDamage>.Create((a, b) => (a.Segment, a.Offset, a.Length).CompareTo((b.Segment, b.Offset, b.Length))));

    private SegmentScanner? _tail; // stands at the end of the last valid group that this process has seen in the last segment
    private SegmentScanner? _beforeUnfinished; // the same of the segment before, while the last one has no whole header
    private LogMark _resume; // where a caller began to read: a place from which the tail is found without reading the segment again
    private LogMark _noted;
    private readonly ZeroRoom _room = new();

    private CommitLog(IDisk disk, Action<Span<byte>> random, CommitLogOptions options)
    {
        (_disk, _random, _options) = (disk, random, options);
        _files = new ReadHandleCache(disk);
    }

    /// <summary>Opens the log of a folder; nothing is read or written yet. <paramref name="random"/> fills a span with unpredictable bytes.</summary>
    public static CommitLog Open(IDisk disk, Action<Span<byte>> random, CommitLogOptions? options = null) => new(disk, random, options ?? new());

    /// <summary>What of the log's growth is this process's.</summary>
    internal OwnGrowth Growth { get; } = new();

    /// <summary>Damage found so far by reading and appending, in file order. Damaged bytes are kept for repair.</summary>
    public IReadOnlyList<LogDamage> Damage
    {
        get
        {
            lock (_gate) return [.. _damage];
        }
    }

    /// <summary>
    /// True when the folder still has exactly the log that <paramref name="mark"/> was taken from, up to it. False: the index that
    /// holds the mark has to be rebuilt.
    /// </summary>
    public bool Fits(LogMark mark)
    {
        if (mark.Segment == 0) return mark == LogMark.Start;
        return IdOf(mark.Segment) == mark.SegmentId && SegmentScanner.IsThere(_files, mark);
    }

    /// <summary>True when the segment of a mark is here and is the last one, and what can be read of it ends before the mark.</summary>
    public bool EndsBefore(LogMark mark)
    {
        lock (_gate) return FindTail() == mark.Segment && _tail is not null && _tail.Mark.SegmentId == mark.SegmentId && _tail.Offset < mark.Offset;
    }

    /// <summary>
    /// Tells the log that everything below a mark was once synced (a mark kept in local state): if bytes are missing or bad below
    /// it, that is damage and not a torn tail, and nothing is cut.
    /// </summary>
    public void NoteSynced(LogMark mark)
    {
        lock (_gate)
        {
            _noted = mark > _noted ? mark : _noted;
            _resume = mark > _resume ? mark : _resume;
        }
    }

    /// <summary>
    /// All valid groups behind <paramref name="from"/>, in file order, to the end as it is when the enumeration gets there; groups
    /// that nobody has synced yet included (see <see cref="SyncedMark"/>). Damage on the way is skipped and added to
    /// <see cref="Damage"/>. Throws <see cref="LogMarkException"/> when the mark does not fit.
    /// </summary>
    public IEnumerable<LogGroup> ReadGroups(LogMark from) => ReadGroups(from, null);

    /// <summary>The same for who is done with each group before it takes the next: all of them use one piece of memory.</summary>
    internal IEnumerable<LogGroup> WalkGroups(LogMark from) => ReadGroups(from, new());

    private IEnumerable<LogGroup> ReadGroups(LogMark from, GroupMemory? shared)
    {
        if (!Fits(from)) throw new LogMarkException($"The mark at {from.Offset} of segment {from.Segment} is not in this log.");
        lock (_gate) _resume = from > _resume ? from : _resume;
        return Read(from, shared);
    }

    /// <summary>Reads the whole record into <paramref name="destination"/>, which has exactly its length. Content is checked by who knows its id.</summary>
    public void Read(LogPosition position, Span<byte> destination)
    {
        if (destination.Length != position.Length) throw new ArgumentException("The destination must have the record's length.", nameof(destination));
        if (_files.Read(LogFormat.SegmentPath(position.Segment), position.Offset, destination) != position.Length)
        {
            throw SyncErrors.LogDamaged.With($"Segment {position.Segment} of the log ends before a record at {position.Offset}");
        }
    }

    /// <summary>
    /// The end of the last valid group now. Costs a file status call and a read of two headers when nobody has appended; else it reads
    /// what is new and no more.
    /// </summary>
    public LogMark CurrentEnd()
    {
        lock (_gate)
        {
            FindTail();
            return LastEnd();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            CloseActive();
            _files.Dispose();
        }
    }

    private IEnumerable<LogGroup> Read(LogMark from, GroupMemory? shared)
    {
        foreach (int segment in Following(from.Segment))
        {
            bool last = !_disk.Exists(LogFormat.SegmentPath(segment + 1));
            if (IdOf(segment) is not { } id)
            {
                if (!last) AddDamage(new(segment, 0, _disk.TryGetLength(LogFormat.SegmentPath(segment)) ?? 0));
                continue;
            }

            bool resumed = segment == from.Segment;
            var scanner = new SegmentScanner(_files, resumed ? from : LogMark.FirstOf(segment, id), _room, shared);
            while (true)
            {
                ScanKind kind = scanner.Next();
                if (kind == ScanKind.Damage) AddDamage(scanner.Damage);
                if (kind == ScanKind.Group) yield return scanner.Group!;
                if (kind != ScanKind.End) continue;
                if (!last)
                {
                    // Nobody appends here any more, so nothing is still being written.
                    if (scanner.TornLength > 0) AddDamage(new(segment, scanner.Offset, scanner.TornLength));
                    break;
                }

                // A group may have been added between the last look and the birth of the next segment: look again after it was seen.
                last = !_disk.Exists(LogFormat.SegmentPath(segment + 1));
                if (last) break;
            }
        }
    }

    /// <summary>Segments from <paramref name="first"/> on, also those that are made while the enumeration runs.</summary>
    private IEnumerable<int> Following(int first)
    {
        int done = Math.Max(first, 1) - 1;
        while (true)
        {
            // Whoever goes on where it stopped nearly always stands in the last one, and nothing has to be listed for it.
            List<int> next = first > 0 && IsLast(first) ? first > done ? [first] : [] : Segments().FindAll(s => s > done);
            if (next.Count == 0) yield break;
            foreach (int segment in next)
            {
                // Old segments may be pruned from the front; a hole behind one that is here is a lost file.
                for (int lost = done + 1; done >= Math.Max(first, 1) && lost < segment; lost++) AddDamage(new(lost, 0, 0));
                done = segment;
                yield return segment;
            }
        }
    }

    // The tail's segment was the last one once; the next to be made has the number behind it (see FindTail).
    private bool IsLast(int segment)
    {
        lock (_gate)
        {
            if (_tail?.Segment != segment) return false;
        }

        return _disk.Exists(LogFormat.SegmentPath(segment)) && !_disk.Exists(LogFormat.SegmentPath(segment + 1));
    }

    private List<int> Segments()
    {
        var segments = new List<int>();
        foreach (string name in _disk.List(Folder))
        {
            if (name.EndsWith(".log", StringComparison.Ordinal) &&
                int.TryParse(name.AsSpan(0, name.Length - 4), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) &&
                number > 0 && LogFormat.SegmentPath(number) == Folder + "/" + name)
            {
                segments.Add(number);
            }
        }

        segments.Sort();
        return segments;
    }

    /// <summary>The random of a segment's header; null when the segment is absent or its header is not whole.</summary>
    private Id16? IdOf(int segment)
    {
        lock (_gate)
        {
            if (_ids.TryGetValue(segment, out Id16 known)) return known;
            string path = LogFormat.SegmentPath(segment);
            if (!_disk.Exists(path)) return null;
            if (SegmentHeader.Read(_files, segment, out bool damaged) is not { } id) return null;
            if (damaged) _damage.Add(new(segment, 0, LogFormat.SegmentHeaderLength));
            _ids.Add(segment, id);
            return id;
        }
    }

    private void AddDamage(LogDamage damage)
    {
        lock (_gate) _damage.Add(damage);
    }

    /// <summary>
    /// Moves the tail behind the last valid group of the last segment. Returns that segment's number, 0 when there is none. The
    /// tail is null when there is no segment with a whole header at the end. Caller holds the gate.
    /// </summary>
    private int FindTail()
    {
        int last = _tail?.Segment ?? 0;
        if (last == 0 || _disk.Exists(LogFormat.SegmentPath(last + 1)))
        {
            last = Segments().LastOrDefault();
            if (last == 0) return 0;
        }

        if (IdOf(last) is not { } id)
        {
            _tail = null;
            return last;
        }

        // A tail behind a group that is not there any more: it was cut by a process whose sync failed, or lost.
        if (_tail is null || _tail.Segment != last || !SegmentScanner.IsThere(_files, _tail.Mark)) _tail = NewTail(last, id);
        while (_tail.Next() is var kind and not ScanKind.End)
        {
            if (kind == ScanKind.Damage) AddDamage(_tail.Damage);
        }

        return last;
    }

    // The last segment may be one whose maker died before its header was whole: the log then ends in the one before it. Caller holds
    // the gate and has called FindTail.
    private LogMark LastEnd()
    {
        if (_tail is not null) return _tail.Mark;
        foreach (int segment in Enumerable.Reverse(Segments()))
        {
            if (IdOf(segment) is not { } id) continue;
            if (_beforeUnfinished?.Segment != segment || !SegmentScanner.IsThere(_files, _beforeUnfinished.Mark)) _beforeUnfinished = NewTail(segment, id);
            while (_beforeUnfinished.Next() is var kind and not ScanKind.End)
            {
                if (kind == ScanKind.Damage) AddDamage(_beforeUnfinished.Damage);
            }

            return _beforeUnfinished.Mark;
        }

        return LogMark.Start;
    }

    private SegmentScanner NewTail(int segment, Id16 id)
    {
        bool usable = _resume.Segment == segment && _resume.SegmentId == id && SegmentScanner.IsThere(_files, _resume, whole: true);
        return new SegmentScanner(_files, usable ? _resume : LogMark.FirstOf(segment, id), _room);
    }
}
