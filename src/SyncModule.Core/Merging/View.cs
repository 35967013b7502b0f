using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>What a reader sees.</summary>
public enum ItemStatus
{
    /// <summary>The item is there.</summary>
    Item,

    /// <summary>It was deleted; its versions stay in the history.</summary>
    Deleted,

    /// <summary>Its versions compete, and the policy leaves it to a person which one stands.</summary>
    Conflict,
}

/// <summary>A live cell: its path, its value and the head that the value came from.</summary>
public sealed record CellValue(string Path, ItemValue Value, Head Head);

/// <summary>
/// One item as its policy shows it; while it is a conflict, as the default would. <see cref="Winner"/> is the first head of "" (its value, metadata and time are the
/// item's), or where nothing stands in "" the greatest of what makes it live; never null while the item is there. <see cref="Cells"/> are the live cells besides "", ascending by path, none when deleted. <see cref="HasConflict"/> says
/// that some cell has versions that compete.
/// </summary>
public sealed record ItemView(ItemStatus Status, Head? Winner, IReadOnlyList<CellValue> Cells, bool HasConflict);

/// <summary>view(State, Policy) → Item | Deleted | Conflict (format-1 §7). It chooses; it never changes state, so replicas with other views stay equal.</summary>
public static class View
{
    public static ItemView Of(KeyState state, ItemPolicy policy) => Of(state.Under(policy));

    /// <param name="state">As it shows (<see cref="CollectionPolicy.Show"/>); otherwise the default decides.</param>
    public static ItemView Of(KeyState state)
    {
        var winner = state.Item is { } item ? item.First : state.IsAlive ? GreatestOf(state) : null;
        bool conflict = state.IsOpen;
        var status = state.IsWaiting ? ItemStatus.Conflict : winner is { Alive: true } ? ItemStatus.Item : ItemStatus.Deleted;
        if (winner is not { Alive: true }) return new(status, winner, [], conflict);
        List<CellValue>? values = null;
        for (int i = state.Item is null ? 0 : 1; i < state.Cells.Count; i++)
        {
            var cell = state.Cells[i];
            if (cell.First is { Value: { } value } head) (values ??= []).Add(new(cell.Path, value, head));
        }

        return new(status, winner, values ?? (IReadOnlyList<CellValue>)[], conflict);
    }

    // Only increments came so far: they leave no version, so there is nobody to name.
    private static Head GreatestOf(KeyState state) =>
        state.Cells.SelectMany(c => c.Heads).Concat(state.Sets.SelectMany(s => s.Elements).SelectMany(e => e.Heads)).Where(h => h.Alive)
            .Aggregate((Head?)null, (a, b) => a is not null && state.Policy.Compare(a, b!) >= 0 ? a : b)
        ?? new(default, default, default, default, 1, OperationKind.Increment, true, null, null, null);
}
