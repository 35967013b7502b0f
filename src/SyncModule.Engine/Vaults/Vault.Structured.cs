using SyncModule.Core.Encoding;
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
        var (leaves, local) = StructuredArguments.Apart(StructuredArguments.Leaves(json), PolicyOf(c));
        using var sink = NewSink();
        var values = StructuredArguments.Store(new(_context, sink), leaves);
        return Fields.With(local is null ? [] : [new(c, k, local, Whole: true)], () => CommitStored(sink, StructuredIntent.Whole(c, k, leaves, values, metadata) with { Overwrites = overwrite }));
    }

    /// <summary>Changes some fields, by JSON pointer; null removes one. Makes the item where there is none.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotStructured"/>: the item is text or bytes, or a value is no JSON.</exception>
    public CommitResult Patch(string collection, string key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, Metadata? metadata = null, bool overwrite = false)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        var (shared, local) = StructuredArguments.Apart(changes, PolicyOf(c));
        // What stays here needs no commit, where there is an object to show it in.
        bool isNews = local is null || shared.Count > 0 || metadata is not null || Find(c, k) is not { } item || !StructuredItem.IsStructured(item);
        LocalChange[] here = local is null ? [] : [new(c, k, local, Whole: false)];
        if (isNews) return Fields.With(here, () => Change(c, k, (_, _, sink, plain) => StructuredIntent.Patch(c, k, StructuredArguments.Store(new(_context, sink), shared), _ => metadata, plain) with { Overwrites = overwrite }));
        Fields.Change(here);
        return new CommitResult([], [null]);
    }

    /// <summary>Fields that stay on this device.</summary>
    internal LocalFields Fields => field ??= new(this);

    /// <summary>The log that this device's next commit goes to, and the last sequence in it.</summary>
    internal (LogId Log, ulong Sequence) OwnPosition() => Read(_ => (_context.OwnLogs.Data, _indexer.State.Held.Sequence(_context.OwnLogs.Data)));

    /// <summary>Whether a commit of this device behind a sequence of a log, or in the log that took its place, wrote an item.</summary>
    internal bool HasWritten(LogId log, ulong sequence, Func<string, string, bool> item) => Read(rows =>
    {
        return Wrote(log, sequence + 1) || (_context.OwnLogs.Data != log && Wrote(_context.OwnLogs.Data, 1));

        bool Wrote(LogId own, ulong from) => rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(own, from), IndexTables.PrefixEnd(own.ToArray()))
            .Select(r => new CommitId(r.Key.AsSpan(24))).Any(id => rows.Commit(id) is { State: CommitState.Applied } row && Touches(id, row));

        bool Touches(CommitId id, CommitRow row)
        {
            try
            {
                return _context.Blocks.Open(rows, row).Operations(id, row).Any(o => item(o.Operation.Collection, o.Operation.Key));
            }
            catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.LogDamaged))
            {
                return false; // nobody can tell; the vault must open all the same
            }
        }
    });

    /// <summary>Counters grow by so much; whoever counts at the same time elsewhere is not lost.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotACounter"/>, <see cref="SyncErrors.NotStructured"/>.</exception>
    public CommitResult Increment(string collection, string key, IReadOnlyList<Increment> increments)
    {
        StructuredArguments.Check(increments);
        return Change(collection, key, (c, k, _, plain) => StructuredIntent.Increment(c, k, increments, plain));
    }

    /// <summary>A counter becomes a number; increments that are not here yet still count.</summary>
    public CommitResult SetCounter(string collection, string key, string path, long number)
    {
        StructuredArguments.Check(path, number);
        return Change(collection, key, (c, k, _, plain) => StructuredIntent.SetCounter(c, k, path, number, plain));
    }

    /// <summary>Elements, as JSON, come into the set at a path, and others leave it. An addition that is not here yet wins over leaving.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotASet"/>, <see cref="SyncErrors.NotStructured"/>, <see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public CommitResult ChangeSet(string collection, string key, string path, IReadOnlyList<ReadOnlyMemory<byte>> added, IReadOnlyList<ReadOnlyMemory<byte>> removed)
    {
        StructuredArguments.CheckPath(path);
        (added, removed) = (StructuredArguments.Elements(added), StructuredArguments.Elements(removed));
        return Change(collection, key, (c, k, _, plain) => StructuredIntent.Elements(c, k, path, added, removed, plain));
    }

    /// <summary>Everything in a collection goes whose name starts with the prefix, in one small operation: what others wrote meanwhile, unseen here, stays.</summary>
    public CommitResult RemoveTree(string collection, string prefix)
    {
        string c = ItemName.Check(collection), p = prefix.Length == 0 ? "" : ItemName.Check(prefix);
        RefuseDerived(c, "nothing of it is deleted");
        return Commit([new([StructuredIntent.RemoveTree(c, p)], [])])[0];
    }

    /// <inheritdoc/>
    public ItemValue ValueOf(KeyState item) => ValueOf(item, this, Fields.AddTo);

    /// <summary>The same of an item that is read through another view.</summary>
    /// <param name="item">As it shows there.</param>
    /// <param name="view">Has its bytes.</param>
    /// <param name="addLocal">Puts fields of this device into an object; null = as others see it.</param>
    internal ItemValue ValueOf(KeyState item, IItemView view, Action<System.Text.Json.Nodes.JsonObject, string, string>? addLocal)
    {
        CheckDecided(item);
        if (!StructuredItem.IsStructured(item)) return View.Of(item).Winner?.Value ?? ItemValue.FromBytes(default);
        var shown = StructuredItem.ToJson(item, value => Whole(view, value));
        addLocal?.Invoke(shown, item.Collection, item.Key);
        return ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(shown.ToJsonString(StructuredItem.Compact)));
    }

    /// <summary>All bytes of a value.</summary>
    public static ReadOnlyMemory<byte> Whole(IItemView view, ItemValue value)
    {
        using var buffer = new MemoryStream();
        foreach (byte[] piece in view.ReadValue(value)) buffer.Write(piece);
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
        var leaves = StructuredItem.LeavesOf(Whole(this, value));
        return new(head.Dot, leaves is null ? null : StructuredArguments.Store(new(_context, sink), leaves));
    }

    private CommitResult CommitStored(ObjectSink sink, ItemIntent intent)
    {
        sink.Complete();
        var result = Commit([new([intent], sink.SmallObjects)])[0];
        sink.Remember();
        return result;
    }
}
