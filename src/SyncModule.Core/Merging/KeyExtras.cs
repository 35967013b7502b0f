using SyncModule.Core.Encoding;

namespace SyncModule.Core.Merging;

/// <summary>
/// What a state holds besides cells (format-1 §7): counters and sets of an item, each ascending by path; trees that went and
/// generations of owners, of a collection, ascending by dot. Most states have none of it. Never changed once made, never empty.
/// </summary>
internal sealed class KeyExtras
{
    private readonly Counter[] _counters;
    private readonly ElementSet[] _sets;
    private readonly TreeRange[] _trees;
    private readonly Generation[] _generations;

    private KeyExtras(Counter[] counters, ElementSet[] sets, TreeRange[] trees, Generation[] generations) => (_counters, _sets, _trees, _generations) = (counters, sets, trees, generations);

    public IReadOnlyList<Counter> Counters => _counters;

    public IReadOnlyList<ElementSet> Sets => _sets;

    public IReadOnlyList<TreeRange> Trees => _trees;

    public IReadOnlyList<Generation> Generations => _generations;

    /// <summary>Null when nothing is left.</summary>
    public static KeyExtras? Of(Counter[] counters, ElementSet[] sets, TreeRange[] trees, Generation[] generations) =>
        counters.Length == 0 && sets.Length == 0 && trees.Length == 0 && generations.Length == 0 ? null : new(counters, sets, trees, generations);

    /// <summary>Three arrays: counters, sets, trees; and the generations where there are any.</summary>
    public static void Write(KeyExtras? extras, CborWriter writer)
    {
        writer.WriteArray(extras?._counters.Length ?? 0);
        foreach (var counter in extras?._counters ?? []) counter.Write(writer);
        writer.WriteArray(extras?._sets.Length ?? 0);
        foreach (var set in extras?._sets ?? []) set.Write(writer);
        writer.WriteArray(extras?._trees.Length ?? 0);
        foreach (var tree in extras?._trees ?? []) tree.Write(writer);
        if (extras is not { _generations.Length: > 0 }) return;
        writer.WriteArray(extras._generations.Length);
        foreach (var generation in extras._generations) generation.Write(writer);
    }

    public static KeyExtras? Read(ref CborReader reader, bool hasGenerations)
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

        var generations = hasGenerations ? new Generation[reader.ReadArray(int.MaxValue)] : [];
        if (hasGenerations && generations.Length == 0) throw new VaultFormatException("A state has no generation where it says so.");
        for (int i = 0; i < generations.Length; i++)
        {
            generations[i] = Generation.Read(ref reader);
            if (i > 0 && generations[i].Dot.CompareTo(generations[i - 1].Dot) <= 0) throw new VaultFormatException("A state's generations are not in order.");
        }

        return Of(counters, sets, trees, generations);
    }
}
