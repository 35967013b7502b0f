using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// What an item's state shows under the trees of its collection (format-1 §7, rmtree): each version that the author of a tree had seen is a
/// deletion by it. Never stored and never folded on: states stay what their own operations made of them, and an operation that is built over
/// such a state (<see cref="Writes"/>) replaces what stands below.
/// </summary>
public static class Masking
{
    /// <summary>The same object where no tree touches it.</summary>
    public static KeyState Under(IReadOnlyList<TreeRange> trees, KeyState state, ILogBranches branches, Ownership? owners = null)
    {
        if (trees.Count == 0 || state.Key.Length == 0) return state;
        TreeRange[] covering = [.. trees.Where(t => t.Covers(state.Key) && owners?.Counts(t, state.Key) != false)];
        if (covering.Length == 0) return state;
        // The greatest tree that saw a version stands for it, as the greatest head of a cell does.
        Array.Sort(covering, static (a, b) => -Head.CompareOrder(a.ToHead(), b.ToHead()));
        bool changed = false;
        var cells = new Cell[state.Cells.Count];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = Mask(state.Cells[i], covering, branches);
            changed |= cells[i] != state.Cells[i];
        }

        ElementSet[] sets = [.. Mask(state.Sets, covering, branches, ref changed)];
        return changed ? new(state.Collection, state.Key, cells, KeyExtras.Of([.. state.Counters], sets, [], []), state.Folded) : state; // a policy comes on top of it
    }

    private static Cell Mask(Cell cell, TreeRange[] trees, ILogBranches branches)
    {
        Dictionary<Dot, Head>? heads = null;
        foreach (var head in cell.Heads)
        {
            if (trees.FirstOrDefault(t => t.Saw(head, branches)) is not { } tree) continue;
            heads ??= cell.Heads.ToDictionary(h => h.Dot);
            heads.Remove(head.Dot);
            heads[tree.Dot] = tree.ToHead();
        }

        return heads is null ? cell : new(cell.Path, [.. heads.Values.OrderBy(h => h.Dot)]);
    }

    private static List<ElementSet> Mask(IReadOnlyList<ElementSet> sets, TreeRange[] trees, ILogBranches branches, ref bool changed)
    {
        var left = new List<ElementSet>(sets.Count);
        foreach (var set in sets)
        {
            var elements = new List<Element>(set.Elements.Count);
            foreach (var element in set.Elements)
            {
                Head[] heads = [.. element.Heads.Where(h => !trees.Any(t => t.Saw(h, branches)))];
                changed |= heads.Length < element.Heads.Count;
                if (heads.Length > 0) elements.Add(new(element.Bytes, heads));
            }

            if (elements.Count > 0) left.Add(new(set.Path, [.. elements]));
        }

        return left;
    }
}
