using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>How the content of a computed collection is on this device.</summary>
/// <param name="Collection">Its name.</param>
/// <param name="Made">When it was made; null: it has not been yet.</param>
/// <param name="Items">In it.</param>
/// <param name="IsStale">Something in the vault has changed since what it was made from, or it was never made.</param>
public sealed record DerivedState(string Collection, DateTimeOffset? Made, long Items, bool IsStale)
{
    /// <summary>Of its content; 0 = none.</summary>
    internal int Generation { get; init; }
}

/// <summary>Collections that are computed from others on each device and never sent (docs/decisions/125).</summary>
public sealed partial class Vault
{
    /// <summary>How each computed collection is here, by name; none where no collection is one. Reads no item.</summary>
    public IReadOnlyList<DerivedState> DerivedStates()
    {
        var (names, applied) = Read(rows => (Collections(rows).Derived.Order(StringComparer.Ordinal).ToList(), _indexer.State.Applied.Clone()));
        return [.. names.Select(n => StateOf(n, applied))];
    }

    /// <summary>The same of one collection; null when it is not computed.</summary>
    public DerivedState? DerivedOf(string collection)
    {
        string c = ItemName.Check(collection);
        return PolicyOf(c).IsDerived ? StateOf(c, AppliedVector()) : null;
    }

    /// <summary>The same, for who means to make it.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.CollectionNotDerived"/>.</exception>
    public DerivedState RequireDerived(string collection) => DerivedOf(collection) ?? throw NotDerived(ItemName.Check(collection));

    /// <summary>Begins to make a computed collection's content anew. What is read from here on counts as seen: what changes meanwhile makes it stale again.</summary>
    /// <param name="collection">Its name.</param>
    /// <param name="from">The applied vector that it is computed from, where that was read before; null = the present one.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.CollectionNotDerived"/>; <see cref="SyncErrors.VaultBusy"/>: another process makes one.</exception>
    public DerivedBuild BeginDerived(string collection, VersionVector? from = null)
    {
        string c = ItemName.Check(collection);
        var now = AppliedVector();
        if (!PolicyOf(c).IsDerived) throw NotDerived(c);
        return new(this, _context, c, from ?? now);
    }

    /// <summary>Items that were written into a computed collection all the same: by a version that does not know the setting, or before it came. They show and travel like any other.</summary>
    public int WrittenInto(string collection) => ItemsAgain().Of(collection).Count(i => View.Of(i).Winner is { } head && !LocalDots.IsDerived(head.Dot));

    /// <summary>Throws where a collection is computed: before work that would be refused at its end.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.CollectionDerived"/>.</exception>
    internal void RefuseDerived(string collection, string what)
    {
        if (PolicyOf(collection).IsDerived) throw SyncErrors.CollectionDerived.With($"The collection {collection} is computed on each device, and {what}");
    }

    internal static SyncException NotDerived(string collection) => SyncErrors.CollectionNotDerived.With($"The collection {collection} is none that is computed on each device");

    internal static SyncException IsDerived(string collection, string key) => SyncErrors.CollectionDerived.With($"'{key}' cannot be written: the collection {collection} is computed on each device");

    // What was sent cannot be taken back, and would stand among what is computed.
    private void RefuseItems(string collection)
    {
        if (collection == DevicesCollection) throw SyncErrors.PolicyInvalid.With($"The collection {collection} is the vault's own");
        if (PolicyOf(collection).IsDerived || ItemsAgain().Of(collection).FirstOrDefault() is not { } item) return;
        throw SyncErrors.CollectionHasItems.With($"The collection {collection} has items that were written, among them '{item.Key}'");
    }

    private DerivedState StateOf(string collection, VersionVector applied) => _context.Derived.HeadOf(collection) is { } head
        ? new(collection, head.Made.ToDateTimeOffset(), head.Items, !applied.SameAs(head.From)) { Generation = head.Generation }
        : new(collection, null, 0, IsStale: true);
}
