using System.Formats.Cbor;
using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>
/// Format-1 §7 by brute force: a cell holds the applied operations that touch it, minus those that an applied operation touching it
/// replaces and the deletions that an applied checkpoint drops; an element holds the additions less those that an operation touching it names; a counter is a sum. What does not count because somebody else
/// owns it is left out first (<see cref="NaiveOwners"/>). Computed from the whole set at once, in no order, with another CBOR writer; shares no code with the product's merging.
/// </summary>
internal sealed class NaiveModel
{
    private readonly IReadOnlyList<WrittenOperation> _applied;
    private readonly NaiveOwners _owners;
    private readonly NaivePolicies _policies;
    private readonly ILookup<string, WrittenOperation> _ofKey;
    private readonly List<WrittenOperation> _trees, _checkpoints;

    /// <summary>The model of one collection.</summary>
    /// <param name="written">All that was applied.</param>
    /// <param name="isAdministrator">Who may rescue what others own; nobody by default.</param>
    public NaiveModel(IReadOnlyList<WrittenOperation> written, Func<DeviceId, bool>? isAdministrator = null)
        : this(new NaiveOwners(written, isAdministrator ?? (_ => false)), written)
    {
    }

    private NaiveModel(NaiveOwners owners, IReadOnlyList<WrittenOperation> written)
    {
        _owners = owners;
        _applied = owners.IsEmpty ? written : [.. written.Where(owners.Counts)];
        Refused = written.Count - _applied.Count;
        _policies = new(this);
        _ofKey = _applied.ToLookup(w => w.Operation.Key, StringComparer.Ordinal);
        _trees = [.. _applied.Where(w => w.Operation.Detail is TreeDetail)];
        _checkpoints = [.. _applied.Where(w => w.Operation.Detail is CheckpointDetail)];
    }

    /// <summary>A model for each collection: whether something counts may depend on the others, where a commit was atomic.</summary>
    public static IReadOnlyDictionary<string, NaiveModel> OfEach(IReadOnlyList<WrittenOperation> written, Func<DeviceId, bool> isAdministrator)
    {
        var owners = new NaiveOwners(written, isAdministrator);
        return written.GroupBy(w => w.Operation.Collection).ToDictionary(g => g.Key, g => new NaiveModel(owners, [.. g]), StringComparer.Ordinal);
    }

    /// <summary>Operations that do not count.</summary>
    public int Refused { get; }

    public IEnumerable<(string Collection, string Key)> Keys => _applied.Select(w => (w.Operation.Collection, w.Operation.Key)).Distinct().OrderBy(k => k.Key, StringComparer.Ordinal);

    public List<WrittenOperation> Heads(string key, string path)
    {
        var touching = _ofKey[key].Where(w => Touches(w, path)).ToList();
        return [.. touching.Where(d => !touching.Any(e => Names(e, d)) && !IsDropped(d, key, path)).OrderBy(d => d.Origin.Dot.Commit.ToString(), StringComparer.Ordinal).ThenBy(d => d.Origin.Dot.Index)];
    }

    public byte[] State(string collection, string key)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        string[] paths = [.. Paths(key).Where(p => Heads(key, p).Count > 0)];
        var generations = InDotOrder([.. _ofKey[key].Where(w => w.Operation.Detail is OwnDetail)]);
        writer.WriteStartArray(generations.Count > 0 ? 8 : 7);
        writer.WriteInt32(1);
        writer.WriteTextString(collection);
        writer.WriteTextString(key);
        writer.WriteStartArray(paths.Length);
        foreach (string path in paths)
        {
            var heads = Heads(key, path);
            writer.WriteStartArray(2);
            writer.WriteTextString(path);
            writer.WriteStartArray(heads.Count);
            foreach (var head in heads) WriteHead(writer, head, path);
            writer.WriteEndArray();
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        WriteCounts(writer, key);
        WriteSets(writer, key);
        WriteTrees(writer, key);
        if (generations.Count > 0) WriteGenerations(writer, generations);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>The policy of an item: its name and, of authority-wins, whose versions stand first.</summary>
    public (string Rule, DeviceId? Authority) PolicyOf(string key) => _policies.Of(key);

    /// <summary>What may be read of the item: null where it is not there. See <see cref="NaiveView"/>.</summary>
    public NaiveView View(string key) => new(this, _ofKey[key], key);

    /// <summary>All records of all keys as one canonical list.</summary>
    public byte[] Records() => Encode(RecordList());

    /// <summary>One canonical list of the records of several models.</summary>
    public static byte[] Encode(IEnumerable<(ulong Time, byte[] Id, byte[] Bytes)> records)
    {
        var sorted = records.OrderBy(r => r.Time).ThenBy(r => Convert.ToHexString(r.Id), StringComparer.Ordinal).ToList();
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartArray(sorted.Count);
        foreach (var record in sorted) writer.WriteEncodedValue(record.Bytes);
        writer.WriteEndArray();
        return writer.Encode();
    }

    public IReadOnlyList<(ulong Time, byte[] Id, byte[] Bytes)> RecordList()
    {
        var records = new List<(ulong Time, byte[] Id, byte[] Bytes)>();
        foreach (var decision in _applied)
        {
            foreach (string path in TouchedBy(decision))
            {
                var stood = path == "" ? decision.Operation.Stood : decision.Operation.Cells.Single(c => c.Path == path).Stood;
                var named = _ofKey[decision.Operation.Key].Where(d => Touches(d, path) && Names(decision, d)
                    && (stood is null || stood.Any(s => decision.Operation.Replaces[s] == d.Origin.Dot)) && !WasGone(decision, d, path)).ToList();
                if (named.Count >= 2) records.Add(Settled(decision, path, InDotOrder(named)));
            }
        }

        foreach (var (collection, key) in Keys)
        {
            var policy = key.Length == 0 ? ("last-writer-wins", null) : PolicyOf(key);
            if (policy.Rule == "field-merge" && Together(collection, key) is { } together) records.Add(together);
            foreach (string path in Paths(key))
            {
                if (IsOpen(key, path)) records.Add(Open(collection, key, path, Shown(key, path), policy));
            }
        }

        return records;
    }

    /// <summary>Two of the heads that show say something else, and not all of them are decisions of people.</summary>
    public bool IsOpen(string key, string path)
    {
        var heads = Shown(key, path);
        return heads.Any(a => heads.Any(b => !Same(a, b, path))) && heads.Any(h => h.Operation.Kind != OperationKind.Resolve);
    }

    /// <summary>Heads in the order of a policy, the one that shows first.</summary>
    public static List<WrittenOperation> Ranked(IEnumerable<WrittenOperation> heads, (string Rule, DeviceId? Authority) policy)
    {
        var ranked = InOrder(heads);
        if (policy.Rule != "first-writer-wins") ranked.Reverse();
        return policy.Rule == "authority" ? [.. ranked.Where(h => h.Origin.Device == policy.Authority), .. ranked.Where(h => h.Origin.Device != policy.Authority)] : ranked;
    }

    /// <summary>The greatest of some heads: time, device, commit, index.</summary>
    public static WrittenOperation Greatest(IEnumerable<WrittenOperation> heads) => InOrder(heads)[^1];

    private static List<WrittenOperation> InOrder(IEnumerable<WrittenOperation> heads) => [.. heads
        .OrderBy(h => Time(h))
        .ThenBy(h => h.Origin.Device.ToString(), StringComparer.Ordinal)
        .ThenBy(h => h.Origin.Dot.Commit.ToString(), StringComparer.Ordinal)
        .ThenBy(h => h.Origin.Dot.Index)];

    /// <summary>The elements of a set with the additions that stand.</summary>
    public SortedDictionary<string, List<WrittenOperation>> Elements(string key, string path)
    {
        var ofKey = _ofKey[key];
        var result = new SortedDictionary<string, List<WrittenOperation>>(StringComparer.Ordinal);
        foreach (string element in ofKey.SelectMany(w => Listed(w, path)).Distinct())
        {
            var standing = ofKey.Where(a => a.Operation.Kind == OperationKind.Add && Listed(a, path).Contains(element)
                && !ofKey.Any(e => Names(e, a) && (e.Operation.Kind is OperationKind.Put or OperationKind.Delete or OperationKind.Resolve || Listed(e, path).Contains(element)))).ToList();
            if (standing.Count > 0) result[element] = InDotOrder(standing);
        }

        return result;
    }

    /// <summary>The heads of a cell as they show under the trees of the collection: true and the dot of the tree where one had seen the head.</summary>
    public List<(Dot Dot, bool IsTree)> Visible(string key, string path) => [.. Shown(key, path).Select(h => (h.Origin.Dot, h.Operation.Kind == OperationKind.RemoveTree))];

    // In the place of a head that trees had seen, the greatest of them. What an author had applied is its commit's past.
    public List<WrittenOperation> Shown(string key, string path)
    {
        var shown = new List<WrittenOperation>();
        foreach (var head in Heads(key, path))
        {
            var trees = TreesOver(key, head);
            var visible = trees.Count == 0 ? head : Greatest(trees);
            if (!shown.Contains(visible)) shown.Add(visible);
        }

        return InDotOrder(shown);
    }

    /// <summary>The trees that cover an item and had seen one of its operations.</summary>
    public List<WrittenOperation> TreesOver(string key, WrittenOperation head) =>
        [.. _trees.Where(t => key.Length > 0 && t.Operation.Detail is TreeDetail d && key.StartsWith(d.Prefix, StringComparison.Ordinal) && t.Past.Contains(head.Origin.Dot.Commit) && _owners.Counts(t, key))];

    public string[] Paths(string key) => [.. _ofKey[key].SelectMany(TouchedBy).Distinct().OrderBy(p => p, StringComparer.Ordinal)];

    private static bool TouchesItem(WrittenOperation w) =>
        w.Operation.Kind is OperationKind.Put or OperationKind.Delete or OperationKind.Resolve or OperationKind.Patch or OperationKind.Policy;

    private static IEnumerable<string> TouchedBy(WrittenOperation w) => w.Operation.Cells.Select(c => c.Path).Concat(TouchesItem(w) ? [""] : []);

    private static bool Touches(WrittenOperation w, string path) => path == "" ? TouchesItem(w) : w.Operation.Cells.Any(c => c.Path == path);

    private static IEnumerable<string> Listed(WrittenOperation w, string path) =>
        w.Operation.Detail is ElementDetail d ? d.Sets.Where(s => s.Path == path).SelectMany(s => s.Elements).Select(e => Convert.ToHexString(e.Span)) : [];

    private void WriteCounts(CborWriter writer, string key)
    {
        var sums = _ofKey[key].Where(w => w.Operation.Detail is IncrementDetail)
            .SelectMany(w => ((IncrementDetail)w.Operation.Detail!).Increments.Select(i => (i.Path, Log: w.Origin.Log.ToArray(), i.Delta)))
            .GroupBy(i => i.Path).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        writer.WriteStartArray(sums.Count);
        foreach (var counter in sums)
        {
            writer.WriteStartArray(2);
            writer.WriteTextString(counter.Key);
            var logs = counter.GroupBy(i => Convert.ToHexString(i.Log)).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
            writer.WriteStartArray(logs.Count);
            foreach (var log in logs)
            {
                writer.WriteStartArray(2);
                writer.WriteByteString(Convert.FromHexString(log.Key));
                writer.WriteInt64(log.Sum(i => i.Delta));
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private void WriteSets(CborWriter writer, string key)
    {
        var paths = _ofKey[key].Where(w => w.Operation.Detail is ElementDetail)
            .SelectMany(w => ((ElementDetail)w.Operation.Detail!).Sets.Select(s => s.Path)).Distinct()
            .Where(p => Elements(key, p).Count > 0).OrderBy(p => p, StringComparer.Ordinal).ToList();
        writer.WriteStartArray(paths.Count);
        foreach (string path in paths)
        {
            writer.WriteStartArray(2);
            writer.WriteTextString(path);
            var elements = Elements(key, path);
            writer.WriteStartArray(elements.Count);
            foreach (var (element, heads) in elements)
            {
                writer.WriteStartArray(2);
                writer.WriteByteString(Convert.FromHexString(element));
                writer.WriteStartArray(heads.Count);
                foreach (var head in heads) WriteAddition(writer, head);
                writer.WriteEndArray();
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static void WriteAddition(CborWriter writer, WrittenOperation w)
    {
        writer.WriteStartArray(10);
        WriteDot(writer, w);
        writer.WriteUInt64(Time(w));
        writer.WriteByteString(w.Origin.Device.ToArray());
        writer.WriteByteString(w.Origin.Log.ToArray());
        writer.WriteUInt64(w.Origin.Sequence);
        writer.WriteInt32(7);
        writer.WriteInt32(1);
        for (int i = 0; i < 3; i++) writer.WriteNull();
        writer.WriteEndArray();
    }

    private void WriteTrees(CborWriter writer, string key)
    {
        var trees = key == "" ? _trees : [];
        writer.WriteStartArray(trees.Count);
        foreach (var tree in InDotOrder(trees))
        {
            writer.WriteStartArray(7);
            WriteDot(writer, tree);
            writer.WriteUInt64(Time(tree));
            writer.WriteByteString(tree.Origin.Device.ToArray());
            writer.WriteByteString(tree.Origin.Log.ToArray());
            writer.WriteUInt64(tree.Origin.Sequence);
            var detail = (TreeDetail)tree.Operation.Detail!;
            writer.WriteTextString(detail.Prefix);
            var seen = new Core.Encoding.CborWriter();
            detail.Seen.Write(seen);
            writer.WriteEncodedValue(seen.Written);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    // Gone already below a floor that the decision does not lie below: nobody who began there could name it.
    private bool WasGone(WrittenOperation decision, WrittenOperation d, string path) => _checkpoints.Any(c =>
        c.Operation.Detail is CheckpointDetail { Snapshot: not null } && NaiveOwners.IsBelow(c, d) && !NaiveOwners.IsBelow(c, decision)
        && (_ofKey[d.Operation.Key].Any(e => NaiveOwners.IsBelow(c, e) && Touches(e, path) && Names(e, d)) || IsDropped(d, d.Operation.Key, path, _checkpoints.Where(k => NaiveOwners.IsBelow(c, k)))));

    // A checkpoint takes away deletions that it names and that its author had seen, and nothing that lives.
    private bool IsDropped(WrittenOperation d, string key, string path) => IsDropped(d, key, path, _checkpoints);

    private static bool IsDropped(WrittenOperation d, string key, string path, IEnumerable<WrittenOperation> checkpoints) =>
        !Alive(d, path) && checkpoints.Any(c => c.Operation.Detail is CheckpointDetail checkpoint && c.Past.Contains(d.Origin.Dot.Commit)
            && checkpoint.Dropped.Any(i => i.Key == key && i.Cells.Any(p => p.Path == path && p.Dots.Contains(d.Origin.Dot))));

    private static void WriteGenerations(CborWriter writer, List<WrittenOperation> generations)
    {
        writer.WriteStartArray(generations.Count);
        foreach (var generation in generations)
        {
            var detail = (OwnDetail)generation.Operation.Detail!;
            writer.WriteStartArray(9);
            WriteDot(writer, generation);
            writer.WriteUInt64(Time(generation));
            writer.WriteByteString(generation.Origin.Device.ToArray());
            writer.WriteByteString(generation.Origin.Log.ToArray());
            writer.WriteUInt64(generation.Origin.Sequence);
            writer.WriteTextString(detail.Unit);
            writer.WriteByteString(detail.To.ToArray());
            if (detail.After is { } after) WriteDot(writer, after.Commit, after.Index);
            else writer.WriteNull();
            var final = new Core.Encoding.CborWriter();
            detail.Final.Write(final);
            writer.WriteEncodedValue(final.Written);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    // e replaces d: it names it and its commit had it in its past.
    private static bool Names(WrittenOperation e, WrittenOperation d) => e.Operation.Replaces.Any(r => r == d.Origin.Dot) && e.Past.Contains(d.Origin.Dot.Commit);

    public static ulong Time(WrittenOperation w) => w.Operation.Timestamp?.Value ?? w.Origin.CommitTimestamp.Value;

    private static List<WrittenOperation> InDotOrder(List<WrittenOperation> list) => [.. list.OrderBy(d => d.Origin.Dot.Commit.ToString(), StringComparer.Ordinal).ThenBy(d => d.Origin.Dot.Index)];

    public static ItemValue? Value(WrittenOperation w, string path) =>
        w.Operation.Kind == OperationKind.RemoveTree ? null : path == "" ? w.Operation.Value : w.Operation.Cells.Single(c => c.Path == path).Value;

    public static bool Alive(WrittenOperation w, string path) => path == "" ? w.Operation.Alive : Value(w, path) is not null;

    private static bool Same(WrittenOperation a, WrittenOperation b, string path)
    {
        string Text(WrittenOperation w)
        {
            string what = Alive(w, path) + "|";
            if (path != "") return what + Shown(Value(w, path));
            what += w.Operation.Content is { } content ? "content " + content : "value " + Shown(Value(w, path));
            foreach (var (key, value) in w.Operation.Metadata?.Entries ?? [])
            {
                if (key != "mtime") what += "|" + key + "=" + value.GetType().Name + value;
            }

            return what;
        }

        return Text(a) == Text(b);
    }

    private static string Shown(ItemValue? value) => value is null ? "none" : value.Counter is { } counter ? $"counts from {counter.Base} " + string.Join(",", counter.Seen) : value.Reference is { } r ? r.Address + "/" + r.Key + "/" + r.Kind + "/" + r.Length : Convert.ToHexString(value.Inline.Span);

    private static (ulong, byte[], byte[]) Open(string collection, string key, string path, List<WrittenOperation> heads, (string Rule, DeviceId? Authority) policy)
    {
        var ranked = Ranked(heads, policy);
        var winner = ranked[0];
        var losers = heads.Where(h => !Same(h, winner, path)).ToList();
        var runner = ranked.First(losers.Contains);
        int reason = Time(winner) != Time(runner) ? 0 : winner.Origin.Device != runner.Origin.Device ? 1 : winner.Origin.Dot.Commit != runner.Origin.Dot.Commit ? 2 : 3;
        int rule = policy.Rule switch
        {
            "first-writer-wins" => 3,
            "manual" => 6,
            "authority" when winner.Origin.Device == policy.Authority && losers.Any(l => l.Origin.Device != policy.Authority) => 4,
            _ => 0,
        };
        reason = rule == 3 ? reason + 6 : rule == 6 ? 12 : rule == 4 && runner.Origin.Device != winner.Origin.Device ? 10 : reason;
        byte[] id = Id(collection, key, path, heads);
        return (heads.Max(Time), id, Record(id, 1, collection, key, path, heads, null, winner, losers, rule, reason, rule == 4 ? 2 : 0));
    }

    // The record of fields of several versions that stand together; null where there is nothing to tell.
    private (ulong, byte[], byte[])? Together(string collection, string key)
    {
        var heads = Paths(key).Contains("") ? Shown(key, "") : [];
        if (heads.Count < 2 || IsOpen(key, "")) return null;
        var fields = Paths(key).Where(p => p != "" && Heads(key, p).Count > 0).Select(p => (Path: p, First: Greatest(Shown(key, p)))).Where(f => heads.Contains(f.First)).ToList();
        if (fields.Select(f => f.First).Distinct().Count() < 2) return null;
        byte[] id = Id(collection, key, "", heads);
        return (heads.Max(Time), id, Record(id, 1, collection, key, "", heads, null, Greatest(heads), [], 5, 11, 0, fields));
    }

    private static (ulong, byte[], byte[]) Settled(WrittenOperation decision, string path, List<WrittenOperation> heads)
    {
        bool person = decision.Operation.Kind == OperationKind.Resolve;
        var equal = heads.Where(h => person && Same(h, decision, path)).ToList();
        var winner = equal.Count > 0 ? Greatest(equal) : decision;
        var losers = heads.Where(h => !Same(h, winner, path)).ToList();
        byte[] id = Id(decision.Operation.Collection, decision.Operation.Key, path, [decision]);
        return (Time(decision), id, Record(id, 0, decision.Operation.Collection, decision.Operation.Key, path, heads, decision, winner, losers, person ? 2 : 1, person ? 5 : 4, person ? 1 : 0));
    }

    private static byte[] Id(string collection, string key, string path, List<WrittenOperation> dots)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartArray(4);
        writer.WriteTextString(collection);
        writer.WriteTextString(key);
        writer.WriteTextString(path);
        writer.WriteStartArray(dots.Count);
        foreach (var dot in dots) WriteDot(writer, dot);
        writer.WriteEndArray();
        writer.WriteEndArray();
        return SHA256.HashData([.. System.Text.Encoding.UTF8.GetBytes("syncmodule/1/mr"), 0, .. writer.Encode()]);
    }

    private static byte[] Record(byte[] id, int state, string collection, string key, string path, List<WrittenOperation> heads, WrittenOperation? decision, WrittenOperation winner, List<WrittenOperation> losers, int rule, int reason, int by, List<(string Path, WrittenOperation First)>? fields = null)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartArray(fields is null ? 13 : 14);
        writer.WriteInt32(1);
        writer.WriteByteString(id);
        writer.WriteInt32(state);
        writer.WriteTextString(collection);
        writer.WriteTextString(key);
        writer.WriteTextString(path);
        writer.WriteStartArray(heads.Count);
        foreach (var head in heads) WriteVersion(writer, head, path);
        writer.WriteEndArray();
        if (decision is null) writer.WriteNull();
        else WriteVersion(writer, decision, path);
        WriteDot(writer, winner);
        writer.WriteStartArray(losers.Count);
        foreach (var loser in losers) WriteDot(writer, loser);
        writer.WriteEndArray();
        writer.WriteInt32(rule);
        writer.WriteInt32(reason);
        writer.WriteInt32(by);
        if (fields is not null)
        {
            writer.WriteStartArray(fields.Count);
            foreach (var (field, first) in fields)
            {
                writer.WriteStartArray(2);
                writer.WriteTextString(field);
                WriteDot(writer, first);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        return writer.Encode();
    }

    private static void WriteDot(CborWriter writer, WrittenOperation w) => WriteDot(writer, w.Origin.Dot.Commit, w.Origin.Dot.Index);

    private static void WriteDot(CborWriter writer, CommitId commit, int index)
    {
        writer.WriteStartArray(2);
        writer.WriteByteString(commit.ToArray());
        writer.WriteInt32(index);
        writer.WriteEndArray();
    }

    private static void WriteVersion(CborWriter writer, WrittenOperation w, string path)
    {
        writer.WriteStartArray(6);
        WriteDot(writer, w);
        writer.WriteUInt64(Time(w));
        writer.WriteByteString(w.Origin.Device.ToArray());
        var value = Value(w, path);
        writer.WriteInt64(value is null ? 0 : value.Length);
        writer.WriteInt32((int)w.Operation.Kind);
        writer.WriteInt32(Alive(w, path) ? 1 : 0);
        writer.WriteEndArray();
    }

    private static void WriteHead(CborWriter writer, WrittenOperation w, string path)
    {
        writer.WriteStartArray(10);
        WriteDot(writer, w);
        writer.WriteUInt64(Time(w));
        writer.WriteByteString(w.Origin.Device.ToArray());
        writer.WriteByteString(w.Origin.Log.ToArray());
        writer.WriteUInt64(w.Origin.Sequence);
        writer.WriteInt32((int)w.Operation.Kind);
        writer.WriteInt32(Alive(w, path) ? 1 : 0);
        WriteValue(writer, Value(w, path), path == "" && w.Operation.Content is not null);
        WriteMetadata(writer, path == "" ? w.Operation.Metadata : null);
        if (path == "" && w.Operation.Content is { } content) writer.WriteByteString(content.ToArray());
        else writer.WriteNull();
        writer.WriteEndArray();
    }

    private static void WriteValue(CborWriter writer, ItemValue? value, bool hasContent)
    {
        if (value is null)
        {
            writer.WriteNull();
            return;
        }

        if (value.Counter is { } counter)
        {
            writer.WriteStartArray(3);
            writer.WriteInt32(3);
            writer.WriteInt64(counter.Base);
            writer.WriteStartArray(counter.Seen.Count);
            foreach (var (log, sum) in counter.Seen)
            {
                writer.WriteStartArray(2);
                writer.WriteByteString(log.ToArray());
                writer.WriteInt64(sum);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndArray();
            return;
        }

        if (value.Reference is null && value.Inline.Length > 64)
        {
            writer.WriteStartArray(3);
            writer.WriteInt32(2);
            writer.WriteInt32(value.Inline.Length);
            if (hasContent) writer.WriteNull();
            else writer.WriteByteString(System.Security.Cryptography.SHA256.HashData(value.Inline.Span));
            writer.WriteEndArray();
            return;
        }

        writer.WriteStartArray(value.Reference is null ? 2 : 3);
        writer.WriteInt32(value.Reference is null ? 0 : 1);
        if (value.Reference is { } r)
        {
            writer.WriteStartArray(4);
            writer.WriteByteString(r.Address.ToArray());
            writer.WriteByteString(r.Key.ToArray());
            writer.WriteInt32((int)r.Kind);
            writer.WriteInt64(r.Length);
            writer.WriteEndArray();
            writer.WriteInt64(value.Length);
        }
        else
        {
            writer.WriteByteString(value.Inline.Span);
        }

        writer.WriteEndArray();
    }

    private static void WriteMetadata(CborWriter writer, Metadata? metadata)
    {
        if (metadata is null)
        {
            writer.WriteNull();
            return;
        }

        writer.WriteStartArray(metadata.Entries.Count);
        foreach (var (key, value) in metadata.Entries)
        {
            writer.WriteStartArray(2);
            writer.WriteTextString(key);
            if (value is string text) writer.WriteTextString(text);
            else writer.WriteInt64((long)value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }
}
