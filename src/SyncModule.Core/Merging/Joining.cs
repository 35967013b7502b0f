namespace SyncModule.Core.Merging;

/// <summary>
/// join(S1,V1,S2,V2) = (S1∩S2) ∪ (S1−V2) ∪ (S2−V1) per cell (format-1 §7): a head stays when both have it, or when the other side has
/// never heard of it; a head that the other side knew and no longer has was replaced there.
/// </summary>
public static class Joining
{
    /// <summary>
    /// Joins two states of one key. <paramref name="leftSeen"/> and <paramref name="rightSeen"/> are what each side had applied, both
    /// causally closed. Null is the state of a key without a head.
    /// </summary>
    public static KeyState? Join(KeyState? left, ICausalHistory leftSeen, KeyState? right, ICausalHistory rightSeen)
    {
        var any = left ?? right;
        if (any is null) return null;
        if (left is not null && right is not null && (left.Key != right.Key || left.Collection != right.Collection)) throw new ArgumentException("Only states of one key are joined.", nameof(right));
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var cell in left?.Cells ?? []) paths.Add(cell.Path);
        foreach (var cell in right?.Cells ?? []) paths.Add(cell.Path);
        var cells = new List<Cell>(paths.Count);
        foreach (string path in paths)
        {
            var heads = JoinCell(left?.Find(path), leftSeen, right?.Find(path), rightSeen);
            if (heads.Length > 0) cells.Add(new(path, heads));
        }

        return cells.Count == 0 ? null : new(any.Collection, any.Key, [.. cells]);
    }

    private static Head[] JoinCell(Cell? left, ICausalHistory leftSeen, Cell? right, ICausalHistory rightSeen)
    {
        var heads = new List<Head>();
        foreach (var head in left?.Heads ?? [])
        {
            if (Plants.JoinBringsBack || right?.Find(head.Dot) is not null || !rightSeen.Contains(head)) heads.Add(head);
        }

        foreach (var head in right?.Heads ?? [])
        {
            if (left?.Find(head.Dot) is null && !leftSeen.Contains(head)) heads.Add(head);
        }

        heads.Sort((a, b) => a.Dot.CompareTo(b.Dot));
        return [.. heads];
    }
}
