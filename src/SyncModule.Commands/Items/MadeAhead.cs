namespace SyncModule.Commands.Items;

/// <summary>
/// Objects that another thread makes while PowerShell carries the ones before through the pipeline, which takes longer than making them. A
/// short list is made by the caller alone.
/// </summary>
internal static class MadeAhead
{
    private const int LotSize = 512;

    /// <summary>The objects in order. The source is gone through by one thread at a time, and by none any more when the enumeration ends.</summary>
    public static IEnumerable<TObject> Of<TItem, TObject>(IEnumerable<TItem> source, Func<TItem, TObject> make)
    {
        using var items = source.GetEnumerator();
        Task<List<TObject>>? ahead = null;
        try
        {
            var lot = Lot(items, make);
            while (true)
            {
                ahead = lot.Count == LotSize ? Task.Run(() => Lot(items, make)) : null;
                foreach (var made in lot) yield return made;
                if (ahead is null) yield break;
                lot = ahead.GetAwaiter().GetResult(); // begins it here when no thread of the pool has yet
            }
        }
        finally
        {
            // Whoever stops in the middle must not leave a thread behind in a vault that is closed next.
            if (ahead is not null) Task.WaitAny(ahead);
        }
    }

    private static List<TObject> Lot<TItem, TObject>(IEnumerator<TItem> items, Func<TItem, TObject> make)
    {
        var lot = new List<TObject>(LotSize);
        while (lot.Count < LotSize && items.MoveNext()) lot.Add(make(items.Current));
        return lot;
    }
}
