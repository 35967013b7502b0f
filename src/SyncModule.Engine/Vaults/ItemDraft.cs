using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What a transaction has done to one item so far, as the few operations that say it over what stood before. Operations of one commit do not
/// see each other, so those of several changes cannot simply follow one another: fields that were written twice keep the last value, counters
/// add up, and elements that came and went are not there (docs/decisions/100). Never changed once made.
/// </summary>
internal sealed class ItemDraft
{
    private readonly KeyState? _start;
    private readonly string _collection, _key;
    private readonly SortedDictionary<string, ItemValue?> _cells = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _increments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Elements> _sets = new(StringComparer.Ordinal);
    private Operation? _whole; // in place of all others: a put or a delete
    private bool _patches; // fields were written or removed, which makes the item be there
    private bool _clears; // whatever stood before goes
    private Metadata? _metadata;

    /// <param name="start">What stood when the transaction met the item, as it shows.</param>
    /// <param name="collection">Of the item.</param>
    /// <param name="key">Of the item.</param>
    public ItemDraft(KeyState? start, string collection, string key) => (_start, _collection, _key) = (start, collection, key);

    /// <summary>Elements of one set that came, and those that went.</summary>
    private sealed record Elements(SortedSet<ReadOnlyMemory<byte>> Added, SortedSet<ReadOnlyMemory<byte>> Removed)
    {
        private static readonly Comparer<ReadOnlyMemory<byte>> ByBytes = Comparer<ReadOnlyMemory<byte>>.Create(static (a, b) => a.Span.SequenceCompareTo(b.Span));

        public static Elements None() => new(new(ByBytes), new(ByBytes));

        public Elements Copy() => new(new(Added, ByBytes), new(Removed, ByBytes));
    }

    /// <summary>The item as a whole becomes what one operation says, which was made over what stood before.</summary>
    public ItemDraft Whole(Operation operation) => new(_start, _collection, _key) { _whole = operation };

    /// <summary>Nothing was done to it.</summary>
    public ItemDraft Nothing() => new(_start, _collection, _key);

    /// <summary>The same with further changes of parts.</summary>
    /// <param name="operations">As <see cref="StructuredIntent"/> makes them over the item that the transaction shows.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotInTransaction"/>: it was copied beside another version; <see cref="SyncErrors.NotACounter"/>: a step would be too long.</exception>
    public ItemDraft With(IReadOnlyList<Operation> operations)
    {
        var next = Copy();
        if (operations.Count > 0) next.Open();
        foreach (var operation in operations)
        {
            switch (operation)
            {
                case { Kind: OperationKind.Patch or OperationKind.SetCounter }:
                    if (operation.Kind == OperationKind.Patch) (next._patches, next._metadata) = (true, operation.Metadata);
                    foreach (var cell in operation.Cells) next.Write(cell.Path, cell.Value);
                    break;
                case { Detail: IncrementDetail detail }:
                    foreach (var (path, delta) in detail.Increments) next.Grow(path, delta);
                    break;
                case { Detail: ElementDetail detail }:
                    foreach (var (path, elements) in detail.Sets) next.Change(path, elements, operation.Kind == OperationKind.Add);
                    break;
                default:
                    throw new ArgumentException("The operation is not on parts of an item.", nameof(operations));
            }
        }

        return next;
    }

    /// <summary>The operations, made over what stood before; none where nothing is left to say. On different parts, so their order does not matter.</summary>
    public IReadOnlyList<Operation> Build()
    {
        if (_whole is not null) return [_whole];
        var operations = new List<Operation>();
        var cells = Cells();
        if (_patches) operations.Add(StructuredWrites.Patch(_start, _collection, _key, cells) with { Metadata = _metadata });
        else if (cells.Count > 0) operations.Add(StructuredWrites.SetCounters(_start, _collection, _key, cells));
        if (_increments.Count > 0) operations.Add(StructuredWrites.Increment(_collection, _key, _increments.Select(i => new Increment(i.Key, i.Value))));
        foreach (var (path, elements) in _sets)
        {
            if (elements.Added.Count > 0) operations.Add(StructuredWrites.Add(_start, _collection, _key, path, elements.Added));
        }

        foreach (string path in _sets.Keys.Union(_clears ? (_start?.Sets ?? []).Select(s => s.Path) : [], StringComparer.Ordinal))
        {
            if (StructuredWrites.Remove(_start, _collection, _key, path, Gone(path)) is { } remove) operations.Add(remove);
        }

        return operations;
    }

    private ItemDraft Copy()
    {
        var copy = new ItemDraft(_start, _collection, _key) { _whole = _whole, _patches = _patches, _clears = _clears, _metadata = _metadata };
        foreach (var (path, value) in _cells) copy._cells.Add(path, value);
        foreach (var (path, delta) in _increments) copy._increments.Add(path, delta);
        foreach (var (path, elements) in _sets) copy._sets.Add(path, elements.Copy());
        return copy;
    }

    // A part of what was written or deleted as a whole changes: it becomes fields, in the place of whatever stood before.
    private void Open()
    {
        if (_whole is not { } whole) return;
        if (whole.Replaces.Count == 0 && _start is { IsAlive: true }) throw SyncErrors.NotInTransaction.With($"The transaction has copied '{_key}' beside the version that is there");
        (_whole, _clears, _patches, _metadata) = (null, true, true, whole.Metadata);
        foreach (var cell in whole.Cells)
        {
            if (cell.Value is not null) _cells[cell.Path] = cell.Value;
        }
    }

    private void Write(string path, ItemValue? value)
    {
        // Its own steps until now are no part of what it had seen: they go, for the number that is written counts them.
        _increments.Remove(path);
        _cells[path] = value is { Counter: { } counter } && counter.Seen.Any(s => s.Log == default) ? ItemValue.FromCounter(new(counter.Base, [.. counter.Seen.Where(s => s.Log != default)])) : value;
    }

    private void Grow(string path, long delta)
    {
        long sum = _increments.GetValueOrDefault(path) + delta; // both within ±2^53
        if (Math.Abs(sum) > IncrementDetail.MaxDelta) throw SyncErrors.NotACounter.With($"'{path}' of '{_key}' would grow by {sum} in one transaction; a counter grows by at most 2^53 at once");
        if (sum == 0) _increments.Remove(path);
        else _increments[path] = sum;
    }

    private void Change(string path, IEnumerable<ReadOnlyMemory<byte>> elements, bool come)
    {
        if (!_sets.TryGetValue(path, out var set)) _sets[path] = set = Elements.None();
        foreach (var element in elements)
        {
            (come ? set.Added : set.Removed).Add(element);
            (come ? set.Removed : set.Added).Remove(element);
        }
    }

    private Dictionary<string, ItemValue?> Cells()
    {
        var cells = new Dictionary<string, ItemValue?>(_cells, StringComparer.Ordinal);
        var old = (_start?.Cells ?? []).Select(c => c.Path).Concat((_start?.Counters ?? []).Select(c => c.Path)).Where(p => p.Length > 0).ToHashSet(StringComparer.Ordinal);
        if (_clears)
        {
            foreach (string path in old) cells.TryAdd(path, null);
        }

        // A field that came and went was never there.
        foreach (string path in _cells.Where(c => c.Value is null && !old.Contains(c.Key)).Select(c => c.Key)) cells.Remove(path);
        return cells;
    }

    private IEnumerable<ReadOnlyMemory<byte>> Gone(string path)
    {
        var own = _sets.GetValueOrDefault(path);
        if (!_clears) return own?.Removed ?? [];
        return _start?.Sets.FirstOrDefault(s => s.Path == path)?.Elements.Select(e => e.Bytes).Where(e => own?.Added.Contains(e) != true) ?? [];
    }
}
