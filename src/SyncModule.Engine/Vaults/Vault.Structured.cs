using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Items with fields, counters and sets, and whole trees that go (format-1 §7).</summary>
public sealed partial class Vault
{
    private const int MostTurns = 100;

    /// <summary>
    /// Stores a JSON object field by field: only fields that change are written, so two devices may change different ones. Lists are one field,
    /// but where a set stands they say its elements; numbers in the place of a counter set it.
    /// </summary>
    /// <param name="collection">Its name.</param>
    /// <param name="key">The item's.</param>
    /// <param name="json">UTF-8.</param>
    /// <param name="metadata">Null keeps what shows.</param>
    /// <param name="overwrite">See <see cref="ItemIntent.Overwrites"/>.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotStructured"/>: it is no JSON object.</exception>
    public CommitResult PutObject(string collection, string key, ReadOnlyMemory<byte> json, Metadata? metadata = null, bool overwrite = false) =>
        PutObject(collection, key, json, _ => metadata, overwrite);

    /// <summary>The same with metadata that are made from the item as it is under the append lock.</summary>
    public CommitResult PutObject(string collection, string key, ReadOnlyMemory<byte> json, Func<KeyState?, Metadata?> metadata, bool overwrite = false)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        var leaves = StructuredItem.LeavesOf(json) ?? throw SyncErrors.NotStructured.With("The value is no JSON object");
        using var sink = NewSink();
        var values = Store(sink, leaves);
        return CommitStored(sink, StructuredIntent.Whole(c, k, leaves, values, metadata) with { Overwrites = overwrite });
    }

    /// <summary>Changes some fields, by JSON pointer; null removes one. Makes the item where there is none.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotStructured"/>: the item is text or bytes, or a value is no JSON.</exception>
    public CommitResult Patch(string collection, string key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, Metadata? metadata = null)
    {
        CheckPaths(changes.Keys);
        Leaf[] leaves = [.. changes.Where(f => f.Value is not null).Select(f => new Leaf(f.Key, JsonOf(f.Value!.Value)))];
        return Change(collection, key, (c, k, sink, plain) =>
        {
            var values = Store(sink, leaves);
            return StructuredIntent.Patch(c, k, changes.ToDictionary(f => f.Key, f => f.Value is null ? null : values[f.Key], StringComparer.Ordinal), _ => metadata, plain);
        });
    }

    /// <summary>Counters grow by so much; whoever counts at the same time elsewhere is not lost.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotACounter"/>, <see cref="SyncErrors.NotStructured"/>.</exception>
    public CommitResult Increment(string collection, string key, IReadOnlyList<Increment> increments)
    {
        CheckPaths(increments.Select(i => i.Path));
        if (increments.Any(i => i.Delta is 0 or > IncrementDetail.MaxDelta or < -IncrementDetail.MaxDelta)) throw SyncErrors.NotACounter.With("A counter grows by at most 2^53 at once, and not by 0");
        return Change(collection, key, (c, k, _, plain) => StructuredIntent.Increment(c, k, increments, plain));
    }

    /// <summary>A counter becomes a number; increments that are not here yet still count.</summary>
    public CommitResult SetCounter(string collection, string key, string path, long number)
    {
        CheckPaths([path]);
        return Change(collection, key, (c, k, _, plain) => StructuredIntent.SetCounter(c, k, path, number, plain));
    }

    /// <summary>Elements, as JSON, come into the set at a path, and others leave it. An addition that is not here yet wins over leaving.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotASet"/>, <see cref="SyncErrors.NotStructured"/>, <see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public CommitResult ChangeSet(string collection, string key, string path, IReadOnlyList<ReadOnlyMemory<byte>> added, IReadOnlyList<ReadOnlyMemory<byte>> removed)
    {
        CheckPaths([path]);
        (added, removed) = ([.. added.Select(JsonOf)], [.. removed.Select(JsonOf)]);
        if (added.FirstOrDefault(e => e.Length > ElementDetail.MaxElementBytes) is { Length: > 0 } large) throw SyncErrors.ValueTooLarge.With($"An element of a set has {large.Length} bytes; {ElementDetail.MaxElementBytes} are allowed");
        return Change(collection, key, (c, k, _, plain) => StructuredIntent.Elements(c, k, path, added, removed, plain));
    }

    /// <summary>Everything in a collection goes whose name starts with the prefix, in one small operation: what others wrote meanwhile, unseen here, stays.</summary>
    public CommitResult RemoveTree(string collection, string prefix)
    {
        string c = ItemName.Check(collection), p = prefix.Length == 0 ? "" : ItemName.Check(prefix);
        return Commit([new([StructuredIntent.RemoveTree(c, p)], [])])[0];
    }

    /// <summary>The value that an item shows: of an object with fields its JSON; empty where the item has no value.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ConflictWaits"/>: a person has to decide first.</exception>
    public ItemValue ValueOf(KeyState item)
    {
        CheckDecided(item);
        if (!StructuredItem.IsStructured(item)) return View.Of(item).Winner?.Value ?? ItemValue.FromBytes(default);
        return ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(StructuredItem.ToJson(item, Whole).ToJsonString(StructuredItem.Compact)));
    }

    private ReadOnlyMemory<byte> Whole(ItemValue value)
    {
        using var buffer = new MemoryStream();
        foreach (byte[] piece in ReadValue(value)) buffer.Write(piece);
        return buffer.ToArray();
    }

    // A value of one piece may be the object whose field is meant: it is read before the lock, and again should it change meanwhile.
    private CommitResult Change(string collection, string key, Func<string, string, ObjectSink, PlainValue?, ItemIntent> build)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        for (int turn = 1; ; turn++)
        {
            using var sink = NewSink();
            try
            {
                return CommitStored(sink, build(c, k, sink, ReadPlain(c, k, sink)));
            }
            catch (PlainValueChangedException e) when (turn == MostTurns)
            {
                throw SyncErrors.VaultBusy.With($"'{key}' changes all the time", e);
            }
            catch (PlainValueChangedException)
            {
                // Another turn.
            }
        }
    }

    private PlainValue? ReadPlain(string collection, string key, ObjectSink sink)
    {
        if (Find(collection, key) is not { IsAlive: true, Item: { First: { Value: { } value } head } }) return null;
        var leaves = StructuredItem.LeavesOf(Whole(value));
        return new(head.Dot, leaves is null ? null : Store(sink, leaves));
    }

    private Dictionary<string, ItemValue> Store(ObjectSink sink, IReadOnlyList<Leaf> leaves)
    {
        var writer = new ValueWriter(_context, sink);
        var values = new Dictionary<string, ItemValue>(StringComparer.Ordinal);
        foreach (var leaf in leaves) values.Add(leaf.Path, writer.Write(leaf.Json.Span).Value);
        CheckPaths(values.Keys);
        return values;
    }

    private CommitResult CommitStored(ObjectSink sink, ItemIntent intent)
    {
        sink.Complete();
        var result = Commit([new([intent], sink.SmallObjects)])[0];
        sink.Remember();
        return result;
    }

    // Equal values have equal bytes, however they were written down.
    private static ReadOnlyMemory<byte> JsonOf(ReadOnlyMemory<byte> json) => StructuredItem.LeafOf(json) ?? throw SyncErrors.NotStructured.With("The value of a field or an element is no JSON");

    private static void CheckPaths(IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            if (!path.StartsWith('/')) throw SyncErrors.NameInvalid.With($"'{path}' is no field: it begins with '/', as in /name or /address/city");
            ItemName.Check(path);
        }
    }
}
