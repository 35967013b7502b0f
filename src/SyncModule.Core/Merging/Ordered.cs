namespace SyncModule.Core.Merging;

/// <summary>Looks things up in lists that ascend by a key.</summary>
internal static class Ordered
{
    /// <summary>The place of the entry with a key, or the complement of the place where it would stand: a negative number. <paramref name="compare"/>: an entry with the key, as the list is sorted.</summary>
    public static int Find<T, TKey>(IReadOnlyList<T> list, TKey key, Func<T, TKey, int> compare)
        where TKey : allows ref struct
    {
        int low = 0, high = list.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int c = compare(list[middle], key);
            if (c == 0) return middle;
            if (c < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
