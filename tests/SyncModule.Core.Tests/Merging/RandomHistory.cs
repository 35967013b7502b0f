using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>An operation as it stands in somebody's log, and the ids of all commits in its commit's past.</summary>
internal sealed record WrittenOperation(Operation Operation, OperationOrigin Origin, IReadOnlySet<CommitId> Past)
{
    /// <summary>Its commit is atomic.</summary>
    public bool Atomic { get; init; }
}

/// <summary>A commit of a test history. <see cref="Past"/> does not hold the commit itself.</summary>
internal sealed record WrittenCommit(CommitId Id, IReadOnlySet<CommitId> Past, IReadOnlyList<WrittenOperation> Operations);

/// <summary>
/// A seeded history of 3 or 4 replicas that write and exchange some of what they have: few keys, cells, values and times, so that
/// ties, equal heads and overlapping replacements are common. Some authors name versions that are no heads any more, that do not
/// touch the cell, of another key, or that they did not depend on; clocks may be a year off. In some, policies change along the way; in others
/// devices own records, hand them over, and write what is not theirs. Device 0 is the administrator.
/// </summary>
internal sealed class RandomHistory
{
    private static readonly string[] Keys = ["a", "b/ß", "c"];
    private static readonly string[] Paths = ["/n", "/x", "/x/y"];

    private readonly Random _random;
    private readonly List<WrittenCommit> _commits = [];
    private readonly HashSet<CommitId>[] _applied;
    private readonly DeviceId[] _devices;
    private readonly LogId[] _logs;
    private readonly ulong[] _sequences;
    private readonly ulong[] _skew;
    private readonly bool _careless, _owning, _policies;

    /// <param name="seed">Of all that is drawn.</param>
    /// <param name="owners">False: nobody owns anything, as where states are joined: who counts is known of a whole set of operations alone.</param>
    public RandomHistory(int seed, bool owners = true)
        : this(new Random(seed), owners)
    {
    }

    /// <param name="random">Draws all there is.</param>
    /// <param name="owners">As above.</param>
    public RandomHistory(Random random, bool owners = true)
    {
        _random = random;
        int replicas = _random.Next(3, 5);
        _applied = [.. Enumerable.Range(0, replicas).Select(_ => new HashSet<CommitId>())];
        _devices = [.. Enumerable.Range(0, replicas).Select(_ => Id())];
        _logs = [.. Enumerable.Range(0, replicas).Select(_ => new LogId(Bytes(16)))];
        _sequences = new ulong[replicas];
        _skew = [.. Enumerable.Range(0, replicas).Select(_ => _random.Next(6) == 0 ? 31_536_000_000UL << 16 : 0)];
        _careless = _random.Next(4) == 0;
        _owning = _random.Next(4) == 0 && owners;
        _policies = _random.Next(3) == 0;
        int steps = _random.Next(4, 22);
        for (int i = 0; i < steps; i++)
        {
            int replica = _random.Next(replicas);
            if (_random.Next(5) < 3) Write(replica);
            else Exchange(_random.Next(replicas), replica);
        }
    }

    /// <summary>True when devices own records in it.</summary>
    public bool HasOwners => _owning;

    public IReadOnlyList<WrittenCommit> Commits => _commits;

    public bool IsAdministrator(DeviceId device) => device == _devices[0];

    /// <summary>What stands in objects: JSON too.</summary>
    public static byte[] Read(ItemValue value) => [(byte)'"', (byte)('a' + value.Reference!.Value.Address.ToArray()[0]), (byte)'"'];

    /// <summary>A random order in which every commit comes behind its past.</summary>
    public List<WrittenCommit> Order(Random random, IReadOnlyCollection<WrittenCommit>? of = null)
    {
        var waiting = (of ?? _commits).ToList();
        var done = new HashSet<CommitId>();
        var order = new List<WrittenCommit>();
        while (waiting.Count > 0)
        {
            var ready = waiting.Where(c => c.Past.All(done.Contains)).ToList();
            var next = ready[random.Next(ready.Count)];
            waiting.Remove(next);
            done.Add(next.Id);
            order.Add(next);
        }

        return order;
    }

    /// <summary>A random causally closed part of the history.</summary>
    public List<WrittenCommit> Part(Random random)
    {
        var part = new HashSet<CommitId>();
        foreach (var commit in _commits)
        {
            if (random.Next(3) != 0) continue;
            part.Add(commit.Id);
            part.UnionWith(commit.Past);
        }

        return [.. _commits.Where(c => part.Contains(c.Id))];
    }

    private void Exchange(int from, int to)
    {
        foreach (var commit in _commits.Where(c => _applied[from].Contains(c.Id)))
        {
            if (_random.Next(3) == 0) continue;
            _applied[to].UnionWith(commit.Past);
            _applied[to].Add(commit.Id);
        }
    }

    private void Write(int replica)
    {
        var past = new HashSet<CommitId>(_applied[replica]);
        var id = Id();
        var time = new HybridTimestamp((1000UL << 16) + (ulong)_random.Next(4) + _skew[replica]);
        ulong sequence = ++_sequences[replica];
        var seen = _commits.Where(c => past.Contains(c.Id)).SelectMany(c => c.Operations).ToList();
        var operations = new List<WrittenOperation>();
        int count = _random.Next(4) == 0 ? 2 : 1;
        bool atomic = count > 1 && _random.Next(2) == 0;
        for (int i = 0; i < count; i++)
        {
            var origin = new OperationOrigin(Dot.At(id, i, _random.Next(3)), time, _devices[replica], _logs[replica], sequence);
            var operation = _policies && _random.Next(6) == 0 ? MakePolicy(seen) : _owning && _random.Next(4) == 0 ? MakeOwn(seen, replica) : Owned(Make(Keys[_random.Next(Keys.Length)], seen), seen, replica);
            operations.Add(new(operation, origin, past) { Atomic = atomic });
        }

        _commits.Add(new(id, past, operations));
        _applied[replica].Add(id);
    }

    private Operation Make(string key, List<WrittenOperation> seen)
    {
        if (_random.Next(10) == 0) return Checkpoint(seen);
        if (_random.Next(5) < 2) return Stood(MakePart(key, seen), seen);
        var kind = _random.Next(6) switch { < 3 => OperationKind.Put, 3 => OperationKind.Delete, _ => OperationKind.Resolve };
        var naive = new NaiveModel(seen);
        string[] paths = [.. Paths.Where(_ => _random.Next(3) == 0)];
        var named = new SortedSet<Dot>();
        // Nearly all heads, as an honest author would; sometimes one of them only.
        int keep = _random.Next(3) == 0 ? 2 : 20;
        foreach (string path in paths.Append(""))
        {
            foreach (var head in naive.Heads(key, path))
            {
                if (_random.Next(keep) != 0) named.Add(head.Origin.Dot);
            }
        }

        foreach (string path in Paths)
        {
            foreach (var additions in naive.Elements(key, path).Values) named.UnionWith(additions.Select(a => a.Origin.Dot));
        }

        if (_careless)
        {
            foreach (var other in _commits.SelectMany(c => c.Operations))
            {
                if (_random.Next(8) == 0) named.Add(other.Origin.Dot);
            }
        }

        bool alive = kind == OperationKind.Put || (kind == OperationKind.Resolve && _random.Next(4) != 0);
        var value = alive && _random.Next(4) != 0 ? Value() : null;
        Id32? content = alive && _random.Next(2) == 0 ? Named(_random.Next(2)) : null;
        HybridTimestamp? own = _random.Next(8) == 0 ? new HybridTimestamp((1000UL << 16) + (ulong)_random.Next(6)) : null;
        var cells = paths.Select(p => new CellWrite(p, alive && _random.Next(3) != 0 ? Value() : null)).ToList();
        return Stood(new("files", key, kind, [.. named], own, alive, value, cells, Metadata(), content), seen);
    }

    // Some cannot be read: the default shows then.
    private Operation MakePolicy(List<WrittenOperation> seen)
    {
        var naive = new NaiveModel(seen);
        string path = new[] { "/policy", "/policy", "/patterns/a", "/patterns/?", "/patterns/b~1*", "/sets/~1n" }[_random.Next(6)];
        string? value = _random.Next(8) switch
        {
            0 => null,
            1 => "[\"first-writer-wins\",1]",
            2 or 3 => "[\"field-merge\",1]",
            4 => "[\"manual\",1]",
            5 or 6 => $"[\"authority\",1,\"{System.Buffers.Text.Base64Url.EncodeToString(_devices[_random.Next(_devices.Length)].ToArray())}\"]",
            _ => new[] { "[\"votes\",1]", "[\"manual\",2]", "true", "[" }[_random.Next(4)],
        };
        var named = new SortedSet<Dot>(naive.Heads("", "").Concat(naive.Heads("", path)).Select(h => h.Origin.Dot));
        return new("files", "", OperationKind.Policy, [.. named], null, true, null, [new(path, value is null ? null : Text(value))], null, null);
    }

    // By whoever likes to, over what it knows: a claim, a handover, a rescue, or words without any right.
    private Operation MakeOwn(List<WrittenOperation> seen, int replica)
    {
        string unit = new[] { "", "b", "b", "a" }[_random.Next(4)];
        var current = new NaiveOwners(seen, IsAdministrator).OfUnit("files", unit);
        Dot? after = _random.Next(8) == 0 ? null : current?.Origin.Dot;
        var to = _random.Next(3) == 0 ? _devices[_random.Next(_devices.Length)] : _devices[replica];
        return new("files", "", OperationKind.Own, [], null, false, null, [], null, null) { Detail = new OwnDetail(unit, to, after, VectorOf(seen)) };
    }

    // An owner says under which generation it writes; some others say it too.
    private Operation Owned(Operation operation, List<WrittenOperation> seen, int replica)
    {
        if (!_owning || operation.Key.Length == 0 || new NaiveOwners(seen, IsAdministrator).Of("files", operation.Key) is not { } generation) return operation;
        bool mine = ((OwnDetail)generation.Operation.Detail!).To == _devices[replica];
        return mine ? _random.Next(10) == 0 ? operation : operation with { Generation = generation.Origin.Dot } : _random.Next(6) == 0 ? operation with { Generation = generation.Origin.Dot } : operation;
    }

    // The kinds that change a part of an item, or many items.
    private Operation MakePart(string key, List<WrittenOperation> seen)
    {
        var naive = new NaiveModel(seen);
        string path = Paths[_random.Next(Paths.Length)];
        var named = new SortedSet<Dot>(naive.Heads(key, path).Select(h => h.Origin.Dot));
        switch (_random.Next(9))
        {
            case 0:
                return new("files", "", OperationKind.RemoveTree, [], null, false, null, [], null, null) { Detail = new TreeDetail(new[] { "", "b", "b/", "c" }[_random.Next(4)], VectorOf(seen)) };
            case 1 or 2:
                return new("files", key, OperationKind.Increment, [], null, false, null, [], null, null) { Detail = new IncrementDetail([.. Paths.Where(p => p == path || _random.Next(4) == 0).Select(p => new Increment(p, _random.Next(2) == 0 ? -3 : _random.Next(1, 9)))]) };
            case 3:
                return new("files", key, OperationKind.SetCounter, [.. named], null, true, null, [new(path, ItemValue.FromCounter(new(_random.Next(3), SumsOf(key, path, seen))))], null, null);
            case 4 or 5:
                named.UnionWith(naive.Heads(key, "").Select(h => h.Origin.Dot));
                return new("files", key, OperationKind.Patch, [.. named], null, true, null, [new(path, _random.Next(4) == 0 ? null : Value())], Metadata(), null);
            default:
                var elements = Enumerable.Range(0, 4).Where(_ => _random.Next(2) == 0).DefaultIfEmpty(9).Select(e => new ReadOnlyMemory<byte>([(byte)('0' + e)])).ToList();
                // Usually all additions that were seen, sometimes fewer.
                named = [.. elements.SelectMany(e => naive.Elements(key, path).GetValueOrDefault(Convert.ToHexString(e.Span)) ?? []).Where(_ => _random.Next(6) != 0).Select(w => w.Origin.Dot)];
                var kind = _random.Next(3) == 0 ? OperationKind.Remove : OperationKind.Add;
                return new("files", key, kind, [.. named], null, false, null, [], null, null) { Detail = new ElementDetail([new(path, elements)]) };
        }
    }

    // Usually all deletions that stand, sometimes some; now and then one names what lives, or what it has not seen: neither may go.
    private Operation Checkpoint(List<WrittenOperation> seen)
    {
        var naive = new NaiveModel(_careless ? [.. _commits.SelectMany(c => c.Operations)] : seen);
        var items = new List<DroppedItem>();
        foreach (string key in Keys)
        {
            var cells = new List<DroppedCell>();
            foreach (string path in Paths.Append("").Order(StringComparer.Ordinal))
            {
                var dots = naive.Heads(key, path).Where(h => _random.Next(5) != 0 && (_careless || !NaiveModel.Alive(h, path))).Select(h => h.Origin.Dot).Order().ToList();
                if (dots.Count > 0) cells.Add(new(path, dots));
            }

            if (cells.Count > 0) items.Add(new(key, cells));
        }

        return new("files", "", OperationKind.Checkpoint, [], null, false, null, [], null, null) { Detail = new CheckpointDetail(FloorIn(seen), Named(5), items, _random.Next(3) != 0 ? Value() : null) };
    }

    // Any causally closed part of what its author has seen, whoever else has it.
    private VersionVector FloorIn(List<WrittenOperation> seen)
    {
        var below = new HashSet<CommitId>();
        foreach (var one in seen.DistinctBy(w => w.Origin.Dot.Commit).Where(_ => _random.Next(2) == 0))
        {
            below.Add(one.Origin.Dot.Commit);
            below.UnionWith(one.Past);
        }

        return VectorOf([.. seen.Where(w => below.Contains(w.Origin.Dot.Commit))]);
    }

    // Half of the authors say what stood where.
    private Operation Stood(Operation operation, List<WrittenOperation> seen)
    {
        if (operation.Replaces.Count < 2 || operation.Cells.Count == 0 || _random.Next(2) == 0) return operation;
        var naive = new NaiveModel(seen);
        int[] At(string path) => [.. Enumerable.Range(0, operation.Replaces.Count).Where(i => naive.Heads(operation.Key, path).Any(h => h.Origin.Dot == operation.Replaces[i]))];
        return operation with { Stood = operation.TouchesItem ? At("") : null, Cells = [.. operation.Cells.Select(c => c with { Stood = At(c.Path) })] };
    }

    private static VersionVector VectorOf(List<WrittenOperation> seen)
    {
        var vector = new VersionVector();
        foreach (var log in seen.GroupBy(w => w.Origin.Log))
        {
            var last = log.MaxBy(w => w.Origin.Sequence)!;
            vector.Set(log.Key, new Tip(last.Origin.Sequence, last.Origin.Dot.Commit));
        }

        return vector;
    }

    private static List<LogSum> SumsOf(string key, string path, List<WrittenOperation> seen) =>
        [.. seen.Where(w => w.Operation.Key == key && w.Operation.Detail is IncrementDetail)
            .SelectMany(w => ((IncrementDetail)w.Operation.Detail!).Increments.Where(i => i.Path == path).Select(i => (w.Origin.Log, i.Delta)))
            .GroupBy(i => i.Log).OrderBy(g => g.Key).Select(g => new LogSum(g.Key, g.Sum(i => i.Delta)))];

    private Metadata? Metadata() => _random.Next(4) switch
    {
        0 => new Metadata().With("mode", 420).With("mtime", _random.Next(3)),
        1 => new Metadata().With("type", "file").With("mtime", _random.Next(3)),
        _ => null,
    };

    private ItemValue Value() => _random.Next(6) switch
    {
        0 => ItemValue.FromReference(new(Named(_random.Next(2)), Named(7), ObjectKind.Chunk, 5000), 5000),
        1 => Text($"\"{new string((char)('a' + _random.Next(3)), 62 + _random.Next(2))}\""),
        2 => Text($"\"{(char)('a' + _random.Next(3))}{(_random.Next(8) == 0 ? 'x' : '"')}"),
        _ => ItemValue.FromBytes(new byte[] { (byte)('0' + _random.Next(3)) }),
    };

    private static ItemValue Text(string json) => ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(json));

    private static Id32 Named(int number) => new([.. Enumerable.Repeat((byte)(number + 1), 32)]);

    private Id32 Id() => new(Bytes(32));

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
