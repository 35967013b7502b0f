using SyncModule.Commands.Names;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>
/// Finds items by name. Names are stored as they were written; a name without wildcards means the item of just that case, else the
/// only one that differs in case alone. Wildcards ignore case.
/// </summary>
internal sealed class ItemSelection(IItemView view, string collection, bool deleted)
{
    private ItemList? _all;

    /// <exception cref="SyncException"><see cref="SyncErrors.ItemNotFound"/>: no wildcards, and no such item; <see cref="SyncErrors.NameAmbiguous"/>; <see cref="SyncErrors.UsageWrong"/>: no pattern.</exception>
    public IEnumerable<KeyState> Find(string name)
    {
        if (!NamePattern.HasWildcards(name)) return [One(name)];
        if (Exact(name) is { } literal) return [literal];
        var pattern = NamePattern.Of(name);
        return All(name == "*" ? null : pattern.IsMatch);
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.ItemNotFound"/>, <see cref="SyncErrors.NameAmbiguous"/>, <see cref="SyncErrors.NameInvalid"/>.</exception>
    public KeyState One(string name)
    {
        if (Exact(name) is { } exact) return exact;
        string literal = NamePattern.Unescaped(name);
        if (literal != name && Exact(literal) is { } unescaped) return unescaped;
        var similar = All(key => string.Equals(key, literal, StringComparison.OrdinalIgnoreCase)).Take(10).ToList();
        return similar.Count switch
        {
            1 => similar[0],
            0 => throw SyncErrors.ItemNotFound.With(view.Find(collection, name) is null ? $"There is no item '{name}'" : $"The item '{name}' was deleted"),
            _ => throw SyncErrors.NameAmbiguous.With($"'{name}' may be {string.Join(", ", similar.Select(i => $"'{i.Key}'"))}"),
        };
    }

    private KeyState? Exact(string name) => view.Find(collection, name) is { } item && Fits(item) ? item : null;

    // Kept as the engine's rows: a hundred thousand states at once would be memory that every collection of garbage goes through.
    private IEnumerable<KeyState> All(Func<string, bool>? fits) => view is Vault vault ? (_all ??= vault.ItemsAgain()).Of(collection, deleted, fits) : view.ItemsOf(collection, deleted, fits);

    private bool Fits(KeyState item) => deleted || item.IsAlive;
}
