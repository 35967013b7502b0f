using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What a list of items shows of one, the same in every face of the product.</summary>
/// <param name="Item">The item's state.</param>
/// <param name="Deleted">It was deleted; its versions stay.</param>
/// <param name="Bytes">Plain bytes of the version that stands; of an object with fields, those of its JSON.</param>
/// <param name="Modified">A file's own time where it was imported with one, else when the version was written.</param>
/// <param name="Device">The device that wrote the version that stands.</param>
/// <param name="Dot">The operation that wrote it; null when there is none: a transaction that is not committed wrote it, or it was computed here.</param>
/// <param name="Versions">How many versions compete; 1 = none does.</param>
/// <param name="IsHere">All bytes of the version are on this device; true for a deletion.</param>
/// <param name="Metadata">Of the version that stands.</param>
/// <param name="IsWaiting">None stands until a person has decided; the others tell of the one that would by the default.</param>
public sealed record ItemFacts(KeyState Item, bool Deleted, long Bytes, DateTimeOffset Modified, DeviceId Device, Dot? Dot, int Versions, bool IsHere, Metadata? Metadata, bool IsWaiting)
{
    private const long NanosecondsPerTick = 100;

    /// <summary>The id of the version as people see it; "" where there is none. A hash each time.</summary>
    public string Version => Dot is { } dot ? VersionId.Of(dot) : "";

    /// <summary>It was computed on this device and is on no other (docs/decisions/125).</summary>
    public bool IsDerived { get; init; }

    /// <param name="view">What the item was found in.</param>
    /// <param name="item">Its state.</param>
    public static ItemFacts Of(IItemView view, KeyState item)
    {
        var shown = View.Of(item);
        var winner = shown.Winner;
        bool deleted = shown.Status == ItemStatus.Deleted;
        bool isObject = !deleted && StructuredItem.IsStructured(item);
        bool here = deleted || (isObject ? shown.Cells.All(c => view.IsHere(c.Value)) : winner?.Value is not { } value || view.IsHere(value));
        return new(item, deleted, isObject ? StructuredItem.LengthOf(item) : winner?.Size ?? 0, winner is null ? default : ModifiedOf(winner.Metadata, winner.Timestamp), winner?.Device ?? default,
            winner is null || LocalDots.Is(winner.Dot) ? null : winner.Dot, shown.HasConflict ? item.MostHeads : 1, here, winner?.Metadata, shown.Status == ItemStatus.Conflict)
        {
            IsDerived = winner is not null && LocalDots.IsDerived(winner.Dot),
        };
    }

    public static DateTimeOffset ModifiedOf(Core.Model.Metadata? metadata, HybridTimestamp written)
    {
        if (metadata?.Number(Core.Model.Metadata.TimeKey) is not { } nanoseconds) return written.ToDateTimeOffset();
        long ticks = nanoseconds / NanosecondsPerTick;
        var epoch = DateTimeOffset.UnixEpoch;
        return ticks < -epoch.Ticks || ticks > DateTimeOffset.MaxValue.Ticks - epoch.Ticks ? written.ToDateTimeOffset() : epoch.AddTicks(ticks);
    }
}
