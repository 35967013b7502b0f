namespace SyncModule.Engine.Tests.Library;

/// <summary>One kind of records: whether one device owns each, and which kinds its references name.</summary>
internal sealed record LibraryModel(string Name, bool IsOwned, params string[] References);

/// <summary>The kinds of a library, in an order in which what is named comes before what names it.</summary>
internal static class LibraryModels
{
    public static readonly LibraryModel[] All =
    [
        new("metadata", IsOwned: false, "entries", "tags"),
        new("albums", IsOwned: false, "entries"),
        new("entries", IsOwned: true, "locations"),
        new("locations", IsOwned: true, "volumes"),
        new("volumes", IsOwned: true, "devices"),
        new("devices", IsOwned: true),
        new("tags", IsOwned: false),
    ];

    /// <summary>Kahn's algorithm; of kinds that are ready at once shared ones come first, then by name.</summary>
    /// <exception cref="InvalidOperationException">Kinds name each other in a circle; the message says which.</exception>
    public static IReadOnlyList<string> InOrder(IReadOnlyCollection<LibraryModel> models)
    {
        var left = models.ToDictionary(m => m.Name, m => m.References.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        var order = new List<string>();
        while (left.Count > 0)
        {
            var ready = models.Where(m => left.TryGetValue(m.Name, out var waits) && waits.Count == 0).OrderBy(m => m.IsOwned).ThenBy(m => m.Name, StringComparer.Ordinal).FirstOrDefault();
            if (ready is null) throw new InvalidOperationException("These kinds name each other in a circle: " + string.Join(", ", left.Keys.Order(StringComparer.Ordinal)));
            order.Add(ready.Name);
            left.Remove(ready.Name);
            foreach (var waits in left.Values) waits.Remove(ready.Name);
        }

        return order;
    }
}
