using SyncModule.Core.Model;

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
            var heads = JoinHeads(left?.Find(path)?.Heads ?? [], leftSeen, right?.Find(path)?.Heads ?? [], rightSeen);
            if (heads.Length > 0) cells.Add(new(path, heads));
        }

        var extras = KeyExtras.Of(JoinCounters(left, leftSeen, right, rightSeen), JoinSets(left, leftSeen, right, rightSeen), JoinTrees(left, right), JoinGenerations(left, right));
        return new(any.Collection, any.Key, [.. cells], extras);
    }

    // A sum is of all increments of its log that a side had applied: the side that is further on has them all. The branches of a fork are
    // not told apart by sums; their commits are kept (format-1 §8) and are folded, never joined.
    private static Counter[] JoinCounters(KeyState? left, ICausalHistory leftSeen, KeyState? right, ICausalHistory rightSeen)
    {
        var byPath = new SortedDictionary<string, SortedDictionary<LogId, long>>(StringComparer.Ordinal);
        foreach (var (state, own, other, first) in new[] { (left, leftSeen, rightSeen, true), (right, rightSeen, leftSeen, false) })
        {
            foreach (var counter in state?.Counters ?? [])
            {
                if (!byPath.TryGetValue(counter.Path, out var sums)) byPath.Add(counter.Path, sums = []);
                foreach (var (log, sum) in counter.Sums)
                {
                    ulong mine = own.SequenceOf(log), theirs = other.SequenceOf(log);
                    if (mine > theirs || (mine == theirs && first)) sums[log] = sum;
                }
            }
        }

        return [.. byPath.Where(c => c.Value.Count > 0).Select(c => new Counter(c.Key, [.. c.Value.Select(s => new LogSum(s.Key, s.Value))]))];
    }

    private static ElementSet[] JoinSets(KeyState? left, ICausalHistory leftSeen, KeyState? right, ICausalHistory rightSeen)
    {
        var sets = new List<ElementSet>();
        foreach (string path in Paths(left?.Sets, right?.Sets))
        {
            var (mine, theirs) = (SetAt(left, path), SetAt(right, path));
            var elements = new SortedDictionary<ReadOnlyMemory<byte>, Element>(ByBytes);
            foreach (var element in (mine?.Elements ?? []).Concat(theirs?.Elements ?? []))
            {
                if (elements.ContainsKey(element.Bytes)) continue;
                var heads = JoinHeads(mine?.Find(element.Bytes.Span)?.Heads ?? [], leftSeen, theirs?.Find(element.Bytes.Span)?.Heads ?? [], rightSeen);
                if (heads.Length > 0) elements.Add(element.Bytes, new(element.Bytes, heads));
            }

            if (elements.Count > 0) sets.Add(new(path, [.. elements.Values]));
        }

        return [.. sets];
    }

    private static Generation[] JoinGenerations(KeyState? left, KeyState? right) =>
        [.. (left?.Generations ?? []).Concat(right?.Generations ?? []).DistinctBy(g => g.Dot).OrderBy(g => g.Dot)];

    // Trees and generations only come: nothing replaces one.
    private static TreeRange[] JoinTrees(KeyState? left, KeyState? right) =>
        [.. (left?.Trees ?? []).Concat(right?.Trees ?? []).DistinctBy(t => t.Dot).OrderBy(t => t.Dot)];

    private static SortedSet<string> Paths(IEnumerable<ElementSet>? left, IEnumerable<ElementSet>? right) =>
        new((left ?? []).Concat(right ?? []).Select(s => s.Path), StringComparer.Ordinal);

    private static ElementSet? SetAt(KeyState? state, string path) => state?.Sets.FirstOrDefault(s => s.Path == path);

    private static Comparer<ReadOnlyMemory<byte>> ByBytes { get; } = Comparer<ReadOnlyMemory<byte>>.Create((a, b) => a.Span.SequenceCompareTo(b.Span));

    private static Head[] JoinHeads(IReadOnlyList<Head> left, ICausalHistory leftSeen, IReadOnlyList<Head> right, ICausalHistory rightSeen)
    {
        var heads = new List<Head>();
        foreach (var head in left)
        {
            if (Plants.JoinBringsBack || Has(right, head) || !rightSeen.Contains(head)) heads.Add(head);
        }

        foreach (var head in right)
        {
            if (!Has(left, head) && !leftSeen.Contains(head)) heads.Add(head);
        }

        heads.Sort((a, b) => a.Dot.CompareTo(b.Dot));
        return [.. heads];
    }

    private static bool Has(IReadOnlyList<Head> heads, Head head) => heads.Any(h => h.Dot == head.Dot);
}
