using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// fold(State, op, dot) → State (format-1 §7). Put, delete, resolve and patch touch "" and every cell that they list, a set-counter only
/// those that it lists, nothing else; in each touched cell the dots it replaces go and its own dot comes. So a cell holds exactly the applied operations that touch it and that no
/// applied operation touching it replaces, and folds of concurrent operations commute.
/// <para>The caller folds in causal order (the gate of format-1 §6: what an operation names has been folded before it), concurrent
/// operations in any order, and each operation once. Folding one again while its head is present changes nothing; folding it again
/// after it was replaced would bring it back.</para>
/// </summary>
public static class Folding
{
    /// <summary>The state with the operation applied; <paramref name="state"/> null for a key that was never written.</summary>
    /// <param name="past">
    /// The past of the operation's commit. Only heads in it are replaced: an author that names a dot it did not depend on would
    /// otherwise remove it here and leave it standing where the two arrive the other way round. Null when the caller knows that every
    /// named dot lies in that past (an own write, a linear history).
    /// </param>
    public static KeyState Apply(KeyState? state, Operation operation, in OperationOrigin origin, ICausalHistory? past = null)
    {
        var written = operation.Cells;
        if (operation.Detail is not null || !operation.TouchesItem || state is { Extras: not null }) return ApplyAll(state, operation, origin, past);
        if (state is null)
        {
            var fresh = new Cell[written.Count + 1];
            fresh[0] = new("", [Head.ForItem(operation, origin)]);
            for (int i = 0; i < written.Count; i++) fresh[i + 1] = new(written[i].Path, [Head.ForCell(operation, origin, written[i])]);
            return new(operation.Collection, operation.Key, fresh);
        }

        if (state.Key != operation.Key || state.Collection != operation.Collection) throw new ArgumentException("The operation is of another key.", nameof(operation));
        // The usual item is one value without cells.
        if (written.Count == 0 && state.Cells.Count == 1 && state.Cells[0].Path.Length == 0) return new(state.Collection, state.Key, [Replace(state.Cells[0], operation, Head.ForItem(operation, origin), past)]);
        return new(state.Collection, state.Key, FoldCells(state.Cells, operation, origin, past));
    }

    private static KeyState ApplyAll(KeyState? state, Operation operation, in OperationOrigin origin, ICausalHistory? past)
    {
        if (state is not null && (state.Key != operation.Key || state.Collection != operation.Collection)) throw new ArgumentException("The operation is of another key.", nameof(operation));
        var cells = operation.Detail is null ? FoldCells(state?.Cells ?? [], operation, origin, past) : [.. state?.Cells ?? []];
        return new(operation.Collection, operation.Key, cells, FoldingExtras.Apply(state?.Extras, operation, origin, past));
    }

    // Both lists ascend by path, and "" comes before every other path: one pass merges them.
    private static Cell[] FoldCells(IReadOnlyList<Cell> old, Operation operation, in OperationOrigin origin, ICausalHistory? past)
    {
        var written = operation.Cells;
        var cells = new List<Cell>(Math.Max(old.Count, written.Count + 1));
        int o = 0;
        for (int w = operation.TouchesItem ? -1 : 0; w < written.Count; w++)
        {
            string path = w < 0 ? "" : written[w].Path;
            while (o < old.Count && string.CompareOrdinal(old[o].Path, path) < 0) cells.Add(old[o++]);
            bool known = o < old.Count && string.Equals(old[o].Path, path, StringComparison.Ordinal);
            var head = w < 0 ? Head.ForItem(operation, origin) : Head.ForCell(operation, origin, written[w]);
            cells.Add(known ? Replace(old[o++], operation, head, past) : new(path, [head]));
        }

        while (o < old.Count) cells.Add(old[o++]);
        return [.. cells];
    }

    private static Cell Replace(Cell cell, Operation operation, Head own, ICausalHistory? past)
    {
        var heads = cell.Heads;
        // The usual write: one head, and it is the one that was seen.
        if (heads.Count == 1 && Replaces(operation, heads[0], past)) return new(cell.Path, [own]);
        var kept = new List<Head>(heads.Count + 1);
        bool placed = false;
        foreach (var head in heads)
        {
            int c = head.Dot.CompareTo(own.Dot);
            if (c > 0 && !placed)
            {
                kept.Add(own);
                placed = true;
            }

            placed |= c == 0;
            if (c == 0 || (!Replaces(operation, head, past) && (!Plants.TombstonesDropped || head.Alive))) kept.Add(head);
        }

        if (!placed) kept.Add(own);
        return new(cell.Path, [.. kept]);
    }

    internal static bool Replaces(Operation operation, Head head, ICausalHistory? past) =>
        Contains(operation.Replaces, head.Dot) && (past is null || past.Contains(head)) && (!Plants.NewestClockWins || operation.Timestamp is null);

    // Replaced dots ascend (format-1 §4).
    private static bool Contains(IReadOnlyList<Dot> dots, Dot dot) => Ordered.Find(dots, dot, static (d, o) => d.CompareTo(o)) >= 0;
}
