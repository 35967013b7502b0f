using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// What a checkpoint does to the state of an item (format-1 §8): the deletions that it names go, everywhere alike and for ever. Only heads that
/// are DEL can go, so a checkpoint never takes a value away, whatever its author says; what it names and is not here was replaced already.
/// </summary>
public static class Dropping
{
    /// <summary>The state without the named deletions; null when nothing is left of it. The same object when it holds none of them.</summary>
    /// <param name="state">As it was folded.</param>
    /// <param name="dropped">What the checkpoint says of this item.</param>
    /// <param name="past">Of the checkpoint's commit, as in <see cref="Folding.Apply"/>: only what its author had seen goes.</param>
    public static KeyState? Apply(KeyState state, DroppedItem dropped, ICausalHistory? past = null)
    {
        bool changed = false;
        var cells = new List<Cell>(state.Cells.Count);
        foreach (var cell in state.Cells)
        {
            var named = dropped.Cells.FirstOrDefault(c => c.Path == cell.Path);
            Head[] left = named is null ? [] : [.. cell.Heads.Where(h => h.Alive || Ordered.Find(named.Dots, h.Dot, static (d, o) => d.CompareTo(o)) < 0 || past?.Contains(h) == false)];
            if (named is null || left.Length == cell.Heads.Count) cells.Add(cell);
            else if (left.Length > 0) cells.Add(new(cell.Path, left));
            changed |= named is not null && left.Length < cell.Heads.Count;
        }

        if (!changed) return state;
        return cells.Count == 0 && state.Extras is null ? null : new(state.Collection, state.Key, [.. cells], state.Extras);
    }

    /// <summary>
    /// The deletions of an item that a checkpoint may drop: of cells that hold nothing else, all of them at or below the floor. That an item is
    /// deleted is forgotten only where nothing else of it is left, and that a field is, only where no counter or set would show again.
    /// </summary>
    /// <param name="state">As it was folded.</param>
    /// <param name="isBelow">Whether a head lies at or below the floor.</param>
    /// <returns>Null when there is none.</returns>
    public static DroppedItem? Find(KeyState state, Func<Head, bool> isBelow)
    {
        if (state.Key.Length == 0) return null;
        List<DroppedCell>? cells = null;
        bool whole = state.IsOnlyDeleted;
        foreach (var cell in state.Cells)
        {
            if (!whole && (cell.Path.Length == 0 || state.Counters.Any(c => c.Path == cell.Path) || state.Sets.Any(s => s.Path == cell.Path))) continue;
            if (cell.Heads.All(h => !h.Alive && isBelow(h))) (cells ??= []).Add(new(cell.Path, [.. cell.Heads.Select(h => h.Dot)]));
        }

        return cells is null ? null : new(state.Key, cells);
    }
}
