using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// Builds the operations that change parts of an item, over the state that the author sees (format-1 §7). Operations of one commit do not see
/// each other, so those that one change of an item needs touch different parts of it.
/// </summary>
public static class StructuredWrites
{
    /// <summary>
    /// Some cells become <paramref name="changes"/> (null = DEL). The item itself stays alive, or becomes so. A cell that would stand above or below a
    /// written one goes, for only one of the two could show.
    /// </summary>
    /// <param name="state">What is there now; null for a new item.</param>
    /// <param name="metadata">Of the item; null keeps what shows.</param>
    public static Operation Patch(KeyState? state, string collection, string key, IReadOnlyDictionary<string, ItemValue?> changes, Metadata? metadata = null)
    {
        var written = new SortedDictionary<string, ItemValue?>(StringComparer.Ordinal);
        foreach (var (path, value) in changes)
        {
            if (path.Length == 0) throw new ArgumentException("The item itself is no cell of a patch.", nameof(changes));
            written.Add(path, value);
        }

        metadata ??= state is { IsAlive: true } ? state.Item?.First.Metadata : null;
        foreach (var cell in state?.Cells ?? [])
        {
            if (cell.Path.Length == 0 || written.ContainsKey(cell.Path) || !cell.Heads.Any(h => h.Alive)) continue;
            if (changes.Any(c => c.Value is not null && AreNested(c.Key, cell.Path))) written.Add(cell.Path, null);
        }

        var replaces = new SortedSet<Dot>();
        foreach (var cell in state?.Folded.Cells ?? [])
        {
            if (cell.Path.Length == 0 || written.ContainsKey(cell.Path)) replaces.UnionWith(cell.Heads.Select(h => h.Dot));
        }

        var patch = new Operation(collection, key, OperationKind.Patch, [.. replaces], null, true, null, [.. written.Select(c => new CellWrite(c.Key, c.Value))], metadata, null);
        return Writes.WithStood(patch, state?.Folded);
    }

    /// <summary>
    /// What has to change so that the item's cells say exactly <paramref name="whole"/>: fields that say it already are left out, so a
    /// whole value that is written again never undoes what somebody else does to its other fields (format-1 §7).
    /// </summary>
    public static Dictionary<string, ItemValue?> Changes(KeyState? state, IReadOnlyDictionary<string, ItemValue?> whole)
    {
        var changes = new Dictionary<string, ItemValue?>(StringComparer.Ordinal);
        foreach (var (path, value) in whole)
        {
            var cell = state?.Find(path);
            // Competing versions are decided by writing, also where the first of them says the same.
            if (!Plants.WholeValueReverts && cell is { IsOpen: false } && cell.First.Alive == value is not null && Equals(cell.First.Value, value)) continue;
            changes.Add(path, value);
        }

        foreach (var cell in state?.Cells ?? [])
        {
            if (cell.Path.Length > 0 && !whole.ContainsKey(cell.Path) && cell.Heads.Any(h => h.Alive)) changes.Add(cell.Path, null);
        }

        return changes;
    }

    /// <summary>Counters grow, exactly, whoever else counts at the same time.</summary>
    public static Operation Increment(string collection, string key, IEnumerable<Increment> increments) =>
        new(collection, key, OperationKind.Increment, [], null, false, null, [], null, null) { Detail = new IncrementDetail([.. increments.OrderBy(i => i.Path, StringComparer.Ordinal)]) };

    /// <summary>A counter becomes a number. Increments that are not here yet still count.</summary>
    public static Operation SetCounter(KeyState? state, string collection, string key, string path, long number) =>
        SetCounters(state, collection, key, new Dictionary<string, ItemValue?>(StringComparer.Ordinal) { [path] = CounterAt(state, path, number) });

    /// <summary>Several do, each to what <see cref="CounterAt"/> gave; the item itself is left alone.</summary>
    public static Operation SetCounters(KeyState? state, string collection, string key, IReadOnlyDictionary<string, ItemValue?> counters)
    {
        var replaces = new SortedSet<Dot>();
        foreach (string path in counters.Keys) replaces.UnionWith(state?.Folded.Find(path)?.Heads.Select(h => h.Dot) ?? []);
        CellWrite[] cells = [.. counters.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new CellWrite(c.Key, c.Value))];
        return Writes.WithStood(new(collection, key, OperationKind.SetCounter, [.. replaces], null, true, null, cells, null, null), state?.Folded);
    }

    /// <summary>The value of a cell that sets a counter; to be used in a patch too.</summary>
    public static ItemValue CounterAt(KeyState? state, string path, long number) =>
        ItemValue.FromCounter(new(number, state?.Counters.FirstOrDefault(c => c.Path == path)?.Sums ?? []));

    /// <summary>Elements come into a set; those that are there already are added once more, and an earlier addition gives way to this one.</summary>
    public static Operation Add(KeyState? state, string collection, string key, string path, IEnumerable<ReadOnlyMemory<byte>> elements) =>
        OnSet(OperationKind.Add, state, collection, key, path, elements)!;

    /// <summary>Elements go; null when none of them is there. An addition elsewhere that is not here yet stands.</summary>
    public static Operation? Remove(KeyState? state, string collection, string key, string path, IEnumerable<ReadOnlyMemory<byte>> elements) =>
        OnSet(OperationKind.Remove, state, collection, key, path, elements) is { Replaces.Count: > 0 } operation ? operation : null;

    /// <summary>Everything under a prefix goes that the author has applied.</summary>
    public static Operation RemoveTree(string collection, string prefix, VersionVector applied) =>
        new(collection, "", OperationKind.RemoveTree, [], null, false, null, [], null, null) { Detail = new TreeDetail(prefix, applied.Clone()) };

    /// <summary>Whether one path lies below the other.</summary>
    public static bool AreNested(string a, string b) =>
        (a.Length > b.Length && a[b.Length] == '/' && a.StartsWith(b, StringComparison.Ordinal)) || (b.Length > a.Length && b[a.Length] == '/' && b.StartsWith(a, StringComparison.Ordinal));

    private static Operation? OnSet(OperationKind kind, KeyState? state, string collection, string key, string path, IEnumerable<ReadOnlyMemory<byte>> elements)
    {
        var set = state?.Sets.FirstOrDefault(s => s.Path == path);
        var sorted = new SortedSet<ReadOnlyMemory<byte>>(elements, Comparer<ReadOnlyMemory<byte>>.Create((a, b) => a.Span.SequenceCompareTo(b.Span)));
        if (sorted.Count == 0) return null;
        var replaces = new SortedSet<Dot>();
        foreach (var element in sorted)
        {
            if (set?.Find(element.Span) is { } there) replaces.UnionWith(there.Heads.Select(h => h.Dot));
        }

        return new(collection, key, kind, [.. replaces], null, false, null, [], null, null) { Detail = new ElementDetail([new(path, [.. sorted])]) };
    }
}
