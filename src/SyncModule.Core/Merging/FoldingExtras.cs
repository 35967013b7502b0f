using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// The part of the fold that touches no cell (format-1 §7). A counter grows by what its log adds. Add and remove touch the elements that they
/// list, put, delete and resolve every one: in each touched element the additions go that the operation names, so it takes away what its
/// author had seen and nothing else. A tree joins the trees of its collection.
/// </summary>
internal static class FoldingExtras
{
    public static KeyExtras? Apply(KeyExtras? old, Operation operation, in OperationOrigin origin, ICausalHistory? past)
    {
        if (old is null && operation.Detail is null) return null;
        Counter[] counters = [.. old?.Counters ?? []];
        ElementSet[] sets = [.. old?.Sets ?? []];
        TreeRange[] trees = [.. old?.Trees ?? []];
        Generation[] generations = [.. old?.Generations ?? []];
        if (operation.Replaces.Count > 0 && sets.Length > 0 && operation.Kind is not (OperationKind.Patch or OperationKind.SetCounter)) sets = Without(sets, operation, past);
        switch (operation)
        {
            case { Kind: OperationKind.Increment, Detail: IncrementDetail detail }:
                counters = Grown(counters, detail, origin.Log);
                break;
            case { Kind: OperationKind.Add, Detail: ElementDetail detail }:
                sets = With(sets, detail, Head.ForAddition(operation, origin));
                break;
            case { Kind: OperationKind.RemoveTree, Detail: TreeDetail detail }:
                var tree = new TreeRange(origin.Dot, operation.Timestamp ?? origin.CommitTimestamp, origin.Device, origin.Log, origin.Sequence, detail.Prefix, detail.Seen);
                trees = [.. trees.Where(t => t.Dot != tree.Dot).Append(tree).OrderBy(t => t.Dot)];
                break;
            case { Kind: OperationKind.Own, Detail: OwnDetail detail }:
                var generation = new Generation(origin.Dot, operation.Timestamp ?? origin.CommitTimestamp, origin.Device, origin.Log, origin.Sequence, detail.Unit, detail.To, detail.After, detail.Final);
                generations = With(generations, generation);
                break;
        }

        return KeyExtras.Of(counters, sets, trees, generations);
    }

    // Ascending by dot. A collection may have as many owners as records, so this is a copy and no sort.
    private static Generation[] With(Generation[] old, Generation own)
    {
        int at = Ordered.Find(old, own.Dot, static (g, d) => g.Dot.CompareTo(d));
        if (at >= 0)
        {
            old[at] = own;
            return old;
        }

        var all = new Generation[old.Length + 1];
        old.AsSpan(0, ~at).CopyTo(all);
        all[~at] = own;
        old.AsSpan(~at).CopyTo(all.AsSpan(~at + 1));
        return all;
    }

    private static Counter[] Grown(Counter[] counters, IncrementDetail detail, LogId log)
    {
        var byPath = counters.ToDictionary(c => c.Path, StringComparer.Ordinal);
        foreach (var (path, delta) in detail.Increments) byPath[path] = (byPath.GetValueOrDefault(path) ?? new(path, [])).Grow(log, delta);
        return [.. byPath.Values.OrderBy(c => c.Path, StringComparer.Ordinal)];
    }

    // Elements that nobody touches are shared with the state before.
    private static ElementSet[] Without(ElementSet[] sets, Operation operation, ICausalHistory? past)
    {
        var left = new List<ElementSet>(sets.Length);
        foreach (var set in sets)
        {
            var elements = new List<Element>(set.Elements.Count);
            bool changed = false;
            foreach (var element in set.Elements)
            {
                var heads = Touches(operation, set.Path, element) ? [.. element.Heads.Where(h => !Folding.Replaces(operation, h, past))] : (Head[])[.. element.Heads];
                changed |= heads.Length < element.Heads.Count;
                if (heads.Length > 0) elements.Add(heads.Length == element.Heads.Count ? element : new(element.Bytes, heads));
            }

            if (elements.Count > 0) left.Add(changed ? new(set.Path, [.. elements]) : set);
        }

        return [.. left];
    }

    private static bool Touches(Operation operation, string path, Element element)
    {
        if (operation.Detail is not ElementDetail detail) return true;
        foreach (var set in detail.Sets)
        {
            if (set.Path == path) return set.Elements.Any(e => e.Span.SequenceEqual(element.Bytes.Span));
        }

        return false;
    }

    private static ElementSet[] With(ElementSet[] sets, ElementDetail detail, Head own)
    {
        var byPath = new SortedDictionary<string, ElementSet>(StringComparer.Ordinal);
        foreach (var set in sets) byPath.Add(set.Path, set);
        foreach (var (path, added) in detail.Sets)
        {
            var old = byPath.GetValueOrDefault(path);
            byPath[path] = new(path, With(old?.Elements ?? [], added, own));
        }

        return [.. byPath.Values];
    }

    // Both lists ascend by their bytes.
    private static Element[] With(IReadOnlyList<Element> old, IReadOnlyList<ReadOnlyMemory<byte>> added, Head own)
    {
        var elements = new List<Element>(old.Count + added.Count);
        int o = 0;
        foreach (var bytes in added)
        {
            while (o < old.Count && old[o].Bytes.Span.SequenceCompareTo(bytes.Span) < 0) elements.Add(old[o++]);
            bool known = o < old.Count && old[o].Bytes.Span.SequenceEqual(bytes.Span);
            Head[] heads = known ? [.. old[o++].Heads.Where(h => h.Dot != own.Dot).Append(own).OrderBy(h => h.Dot)] : [own];
            elements.Add(new(bytes, heads));
        }

        while (o < old.Count) elements.Add(old[o++]);
        return [.. elements];
    }
}
