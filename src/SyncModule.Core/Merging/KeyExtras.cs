using SyncModule.Core.Encoding;

namespace SyncModule.Core.Merging;

/// <summary>
/// What a state holds besides cells (format-1 §7): counters and sets of an item, each ascending by path; trees that went, of a collection,
/// ascending by dot. Most states have none of it. Never changed once made, never empty.
/// </summary>
internal sealed class KeyExtras
{
    private readonly Counter[] _counters;
    private readonly ElementSet[] _sets;
    private readonly TreeRange[] _trees;

    private KeyExtras(Counter[] counters, ElementSet[] sets, TreeRange[] trees) => (_counters, _sets, _trees) = (counters, sets, trees);

    public IReadOnlyList<Counter> Counters => _counters;

    public IReadOnlyList<ElementSet> Sets => _sets;

    public IReadOnlyList<TreeRange> Trees => _trees;

    /// <summary>Null when nothing is left.</summary>
    public static KeyExtras? Of(Counter[] counters, ElementSet[] sets, TreeRange[] trees) =>
        counters.Length == 0 && sets.Length == 0 && trees.Length == 0 ? null : new(counters, sets, trees);

    /// <summary>Three arrays: counters, sets, trees.</summary>
    public static void Write(KeyExtras? extras, CborWriter writer)
    {
        writer.WriteArray(extras?._counters.Length ?? 0);
        foreach (var counter in extras?._counters ?? []) counter.Write(writer);
        writer.WriteArray(extras?._sets.Length ?? 0);
        foreach (var set in extras?._sets ?? []) set.Write(writer);
        writer.WriteArray(extras?._trees.Length ?? 0);
        foreach (var tree in extras?._trees ?? []) tree.Write(writer);
    }

    public static KeyExtras? Read(ref CborReader reader)
    {
        var counters = new Counter[reader.ReadArray(int.MaxValue)];
        for (int i = 0; i < counters.Length; i++)
        {
            counters[i] = Counter.Read(ref reader);
            if (i > 0 && string.CompareOrdinal(counters[i].Path, counters[i - 1].Path) <= 0) throw new VaultFormatException("A state's counters are not in order.");
        }

        var sets = new ElementSet[reader.ReadArray(int.MaxValue)];
        for (int i = 0; i < sets.Length; i++)
        {
            sets[i] = ElementSet.Read(ref reader);
            if (i > 0 && string.CompareOrdinal(sets[i].Path, sets[i - 1].Path) <= 0) throw new VaultFormatException("A state's sets are not in order.");
        }

        var trees = new TreeRange[reader.ReadArray(int.MaxValue)];
        for (int i = 0; i < trees.Length; i++)
        {
            trees[i] = TreeRange.Read(ref reader);
            if (i > 0 && trees[i].Dot.CompareTo(trees[i - 1].Dot) <= 0) throw new VaultFormatException("A state's trees are not in order.");
        }

        return Of(counters, sets, trees);
    }
}
