using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>One item to copy, and what it shall be called where it goes.</summary>
public sealed record CopyRequest(KeyState Item, string Collection, string Key);

/// <summary>What became of one copy.</summary>
public enum CopyOutcome
{
    /// <summary>It is there.</summary>
    Copied,

    /// <summary>The name was there with other content: both versions are kept and compete in sight.</summary>
    Conflict,

    /// <summary>The name was there with the same content: nothing was written.</summary>
    Equal,
}

/// <summary>The outcome of a copy, or why there is none.</summary>
public sealed record CopyResult(CopyRequest Request, CopyOutcome Outcome, SyncException? Error);

/// <summary>
/// Copies items, with values, types, metadata and times, into another vault or under other names. A name that is there with other content is
/// never overwritten: the copy replaces nothing and competes with it. Where both are one vault no byte is read.
/// </summary>
/// <param name="source">Where the items were found.</param>
/// <param name="target">Where they go.</param>
/// <param name="sameVault">Both are one vault: keys and objects are the same.</param>
public sealed class ItemCopier(IItemView source, Vault target, bool sameVault)
{
    /// <summary>Copies as many as are given, durable when this returns, sharing commits. One that cannot be copied says why and the others go on.</summary>
    public IReadOnlyList<CopyResult> Copy(IReadOnlyList<CopyRequest> requests)
    {
        using var sink = target.NewSink();
        var results = requests.Select(r => new CopyResult(r, CopyOutcome.Copied, null)).ToArray();
        var intents = new List<ItemIntent>();
        for (int i = 0; i < results.Length; i++)
        {
            int place = i; // the outcome is known under the append lock, perhaps more than once: the last time counts
            try
            {
                var (collection, key) = (ItemName.Check(requests[i].Collection), ItemName.Check(requests[i].Key));
                var copy = Read(requests[i].Item, target.NewValueWriter(sink));
                intents.Add(new(collection, key, state =>
                {
                    var (operation, outcome) = copy.Over(state, collection, key);
                    results[place] = results[place] with { Outcome = outcome };
                    return operation;
                }));
            }
            catch (SyncException e) when (IsOfTheItem(e))
            {
                results[i] = results[i] with { Error = e };
            }
        }

        if (intents.Count == 0) return results;
        sink.Complete();
        target.Commit([new(intents, sink.SmallObjects)]);
        sink.Remember();
        return results;
    }

    /// <summary>Copies one into a transaction on the target.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotInTransaction"/>: the transaction itself has written that name; and those of a put.</exception>
    public CopyOutcome Copy(CopyRequest request, VaultTransaction transaction) =>
        transaction.Copy(request.Collection, request.Key, writer => Read(request.Item, writer));

    // What concerns one item alone: the others can still be copied.
    private static bool IsOfTheItem(SyncException e) =>
        e.Kind == SyncErrors.ContentNotHere || e.Kind == SyncErrors.ObjectDamaged || e.Kind == SyncErrors.NameInvalid || e.Kind == SyncErrors.ItemNotFound;

    private ItemContent Read(KeyState item, ValueWriter writer)
    {
        var view = View.Of(item);
        if (view is not { Status: ItemStatus.Item, Winner: { } head }) throw SyncErrors.ItemNotFound.With($"The item '{item.Key}' was deleted");
        if (StructuredItem.IsStructured(item)) return ReadObject(item, head, writer);
        ItemValue? value = null;
        Id32? content = null;
        if (head.Value is { } old) (value, content) = IsSharable(old) ? (old, head.Content) : Write(item, old, writer);
        List<CellWrite> cells = [];
        foreach (var cell in view.Cells) cells.Add(new(cell.Path, IsSharable(cell.Value) ? cell.Value : Write(item, cell.Value, writer).Value));
        return new(value, content, cells, WithTime(head));
    }

    // Field by field as it shows: what was counted and added belongs to the logs of the vault that it comes from.
    private ItemContent ReadObject(KeyState item, Head head, ValueWriter writer)
    {
        var json = StructuredItem.ToJson(item, value =>
        {
            if (!source.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{item.Key}' is known, but not all of its bytes have arrived");
            using var bytes = new MemoryStream();
            foreach (byte[] piece in source.ReadValue(value)) bytes.Write(piece);
            return bytes.ToArray();
        });
        var leaves = StructuredItem.LeavesOf(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(StructuredItem.Compact)))!;
        return new(null, null, [.. leaves.Select(l => new CellWrite(l.Path, writer.Write(l.Json.Span).Value))], WithTime(head)) { IsObject = true };
    }

    // What a transaction holds, or was computed here, has bytes that no commit holds.
    private bool IsSharable(ItemValue value) => sameVault && !(value.Source is { } source && LocalDots.Is(source));

    private (ItemValue Value, Id32 Content) Write(KeyState item, ItemValue value, ValueWriter writer)
    {
        if (!source.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{item.Key}' is known, but not all of its bytes have arrived");
        using var pieces = new PieceStream(source.ReadValue(value));
        return writer.Write(pieces);
    }

    // The time that people see: a file's own, else when the version was written, which is otherwise lost.
    private static Metadata WithTime(Head head)
    {
        var metadata = head.Metadata?.Clone() ?? new Metadata();
        if (metadata.Number(Metadata.TimeKey) is not null) return metadata;
        return metadata.With(Metadata.TimeKey, (head.Timestamp.ToDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
    }
}

/// <summary>What an item is made of, ready to be written into a vault: its values stand in objects there, or are short.</summary>
internal sealed record ItemContent(ItemValue? Value, Id32? Content, IReadOnlyList<CellWrite> Cells, Metadata Metadata)
{
    /// <summary>It has fields and no value of its own.</summary>
    public bool IsObject { get; init; }

    /// <summary>The operation that writes it over an item; null where that has this content already.</summary>
    public (Operation? Operation, CopyOutcome Outcome) Over(KeyState? state, string collection, string key)
    {
        bool isThere = state is not null && View.Of(state).Status == ItemStatus.Item;
        if (isThere && HasThis(state!)) return (null, CopyOutcome.Equal);
        // Replaces nothing: what is there was not what somebody decided to change.
        IReadOnlyCollection<Dot>? replaces = isThere ? [] : null;
        var put = Writes.Put(state, collection, key, Value, Cells.Count == 0 ? null : Cells, Metadata, Content, replaces);
        return (IsObject ? put with { Kind = OperationKind.Patch } : put, isThere ? CopyOutcome.Conflict : CopyOutcome.Copied);
    }

    // Any present version will do: a second copy after a conflict says nothing new.
    private bool HasThis(KeyState state)
    {
        if (state.Item is null || !state.Item.Heads.Any(h => h.Alive && h.Content == Content && (Content is not null || Equals(h.Value, Value)) && Metadata.SameContent(h.Metadata, Metadata))) return false;
        var cells = View.Of(state).Cells;
        return cells.Count == Cells.Count && cells.Zip(Cells).All(c => c.First.Path == c.Second.Path && Equals(c.First.Value, c.Second.Value));
    }
}
