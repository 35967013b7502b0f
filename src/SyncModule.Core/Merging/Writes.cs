using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// Builds the operation for what somebody wants, over the state they see (format-1 §7). By default it replaces every present head of
/// the cells it touches, so an ordinary write never makes a conflict on its own device.
/// <para>Operations of one commit do not see each other: a dot holds the commit's id, which is known only when the commit is complete.
/// Two operations on one key in one commit become two heads, so the caller keeps it to one.</para>
/// </summary>
public static class Writes
{
    /// <summary>
    /// The whole item becomes <paramref name="value"/> and <paramref name="cells"/> (any order, no "" and no path twice; null = DEL). Cells
    /// that hold a replaced version and are not written become DEL.
    /// </summary>
    /// <param name="state">What is there now; null for a new key.</param>
    /// <param name="baseHeads">
    /// Replace these dots and nothing else: an import replaces only what it was based on, so a newer version from a peer stays and the two
    /// compete in sight (format-1 §15). They need not be present any more. Null: all present heads of the touched cells.
    /// </param>
    public static Operation Put(
        KeyState? state,
        string collection,
        string key,
        ItemValue? value,
        IEnumerable<CellWrite>? cells = null,
        Metadata? metadata = null,
        Id32? content = null,
        IReadOnlyCollection<Dot>? baseHeads = null)
    {
        state = state?.Folded;
        // The usual write: a value without cells over nothing, or over another such.
        if (cells is null && baseHeads is not { Count: > 0 } && (state is null || (state.Extras is null && state.Cells.Count == 1 && state.Cells[0].Path.Length == 0)))
            return new(collection, key, OperationKind.Put, state is null || baseHeads is not null ? [] : DotsOf(state.Cells[0]), null, true, value, [], metadata, content);
        var written = new SortedDictionary<string, ItemValue?>(StringComparer.Ordinal);
        foreach (var cell in cells ?? [])
        {
            if (cell.Path.Length == 0 || !written.TryAdd(cell.Path, cell.Value)) throw new ArgumentException("A cell is written twice, or as the item itself.", nameof(cells));
        }

        // The whole item: a field that an older patch wrote goes too, though none of its versions stands in "" any more.
        if (baseHeads is null) AddAll(state, written);
        var replaces = baseHeads is null ? Close(state, written) : Restrict(state, written, baseHeads);
        var put = Build(collection, key, OperationKind.Put, replaces, true, value, written, metadata, content);
        return baseHeads is null ? WithStood(put, state) : put;
    }

    /// <summary>The item goes: a delete touches "" and every cell there is.</summary>
    public static Operation Delete(KeyState state, IReadOnlyCollection<Dot>? baseHeads = null)
    {
        state = state.Folded;
        var written = new SortedDictionary<string, ItemValue?>(StringComparer.Ordinal);
        AddAll(state, written);
        var replaces = baseHeads is null ? Close(state, written) : [.. baseHeads];
        var delete = Build(state.Collection, state.Key, OperationKind.Delete, replaces, false, null, written, null, null);
        return baseHeads is null ? WithStood(delete, state) : delete;
    }

    /// <summary>
    /// A person's decision for one present version: the item becomes what that version says, cell by cell; cells in which only others
    /// stood become DEL, except those of patches, which speak of their own cells only. Throws <c>VersionNotFound</c> when no cell holds that version any more. Where there are more versions than one
    /// operation can name, those with the lowest dots beside the selected one go, and the rest need a further decision.
    /// </summary>
    public static Operation Resolve(KeyState state, Dot selected)
    {
        if (!state.Cells.Any(c => c.Find(selected) is not null)) throw SyncErrors.VersionNotFound.With($"Version {VersionId.Of(selected)} is not one of the present ones");
        var written = new SortedDictionary<string, ItemValue?>(StringComparer.Ordinal);
        var replaces = Close(state.Folded, written, elements: false);
        foreach (string path in written.Keys.ToArray())
        {
            var cell = state.Find(path)!; // as it shows: a tree may be what somebody chooses
            var chosen = cell.Find(selected);
            // A patch speaks of its own cells only: whoever chooses another one there has said nothing of the rest.
            if (chosen is null && cell.Heads.All(h => h.Kind == OperationKind.Patch)) written.Remove(path);
            else written[path] = chosen?.Value;
        }

        // Somebody may choose a version that lives on in a cell only; the item itself then stays what it shows.
        var head = state.Item?.Find(selected) ?? state.Item?.First;
        bool alive = head?.Alive ?? true;
        while (replaces.Count > Operation.MaxReplaces) replaces.Remove(replaces.Max == selected ? replaces.Reverse().ElementAt(1) : replaces.Max);
        return WithStood(Build(state.Collection, state.Key, OperationKind.Resolve, replaces, alive, head?.Value, written, head?.Metadata, head?.Content), state.Folded);
    }

    /// <summary>
    /// The own-timestamp rule (format-1 §3), used when the commit's time is known: an operation that replaces a head with a time at or
    /// above its commit's carries that time + 1, at the cap that time; any other carries none.
    /// </summary>
    public static Operation WithTimestampRule(Operation operation, HybridTimestamp? greatestReplaced, HybridTimestamp commit)
    {
        HybridTimestamp? own = greatestReplaced is { } greatest && greatest.CompareTo(commit) >= 0 ? greatest.Next() : null;
        return own == operation.Timestamp ? operation : operation with { Timestamp = own };
    }

    /// <summary>The greatest time of the present heads that an operation replaces; null when it replaces none of them.</summary>
    public static HybridTimestamp? GreatestReplaced(KeyState? state, Operation operation)
    {
        HybridTimestamp? greatest = null;
        state = state?.Folded;
        if (state is null || operation.Replaces.Count == 0) return null;
        foreach (var cell in state.Cells)
        {
            foreach (var dot in operation.Replaces)
            {
                if (cell.Find(dot) is { } head && (greatest is null || head.Timestamp.CompareTo(greatest.Value) > 0)) greatest = head.Timestamp;
            }
        }

        return greatest;
    }

    // Heads ascend by dot, as replaced dots do.
    private static Dot[] DotsOf(Cell cell)
    {
        var dots = new Dot[cell.Heads.Count];
        for (int i = 0; i < dots.Length; i++) dots[i] = cell.Heads[i].Dot;
        return dots;
    }

    // Touching a cell replaces its heads, and each of them touches the other cells that hold it: until nothing is added.
    private static SortedSet<Dot> Close(KeyState? state, SortedDictionary<string, ItemValue?> written, bool elements = true)
    {
        var dots = new SortedSet<Dot>();
        if (state is null) return dots;
        foreach (var set in elements ? state.Sets : [])
        {
            foreach (var element in set.Elements) dots.UnionWith(element.Heads.Select(h => h.Dot));
        }

        bool grown = true;
        while (grown)
        {
            grown = false;
            foreach (var cell in state.Cells)
            {
                bool touched = cell.Path.Length == 0 || written.ContainsKey(cell.Path);
                if (!touched && !cell.Heads.Any(h => dots.Contains(h.Dot))) continue;
                if (!touched) written.Add(cell.Path, null);
                foreach (var head in cell.Heads) grown |= dots.Add(head.Dot);
            }
        }

        return dots;
    }

    private static SortedSet<Dot> Restrict(KeyState? state, SortedDictionary<string, ItemValue?> written, IReadOnlyCollection<Dot> baseHeads)
    {
        foreach (var cell in state?.Cells ?? [])
        {
            if (cell.Path.Length > 0 && cell.Heads.Any(h => baseHeads.Contains(h.Dot))) written.TryAdd(cell.Path, null);
        }

        return [.. baseHeads];
    }

    // With DEL where nothing else is written; a deletion in a counter's cell hides what was counted.
    private static void AddAll(KeyState? state, SortedDictionary<string, ItemValue?> written)
    {
        foreach (var cell in state?.Cells ?? [])
        {
            if (cell.Path.Length > 0) written.TryAdd(cell.Path, null);
        }

        foreach (var counter in state?.Counters ?? []) written.TryAdd(counter.Path, null);
    }

    private static Operation Build(string collection, string key, OperationKind kind, SortedSet<Dot> replaces, bool alive, ItemValue? value, SortedDictionary<string, ItemValue?> cells, Metadata? metadata, Id32? content) =>
        new(collection, key, kind, [.. replaces], null, alive, value, [.. cells.Select(c => new CellWrite(c.Key, c.Value))], metadata, content);

    /// <summary>
    /// The same saying which of the replaced versions stood in which cell, where they did not stand in all: one that a later one replaced in
    /// the item itself, and that still stands in some field, competed with nobody there.
    /// </summary>
    internal static Operation WithStood(Operation operation, KeyState? state)
    {
        if (operation.Replaces.Count < 2 || state is null) return operation;
        IReadOnlyList<int>? item = operation.TouchesItem ? Standing(operation, state.Find("")) : null;
        CellWrite[]? cells = null;
        for (int i = 0; i < operation.Cells.Count; i++)
        {
            if (Standing(operation, state.Find(operation.Cells[i].Path)) is { } stood) (cells ??= [.. operation.Cells])[i] = operation.Cells[i] with { Stood = stood };
        }

        return item is null && cells is null ? operation : operation with { Stood = item, Cells = cells ?? operation.Cells };
    }

    // Null where all of them stood. An import names what it was based on, present or not: there a version counts by what it touches.
    private static List<int>? Standing(Operation operation, Cell? cell)
    {
        var places = new List<int>();
        for (int i = 0; i < operation.Replaces.Count; i++)
        {
            if (cell?.Find(operation.Replaces[i]) is not null) places.Add(i);
        }

        return places.Count == operation.Replaces.Count ? null : places;
    }
}
