using System.Text.Json.Serialization;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>How an item is, in one word.</summary>
internal enum ItemState
{
    /// <summary>There, with all its bytes.</summary>
    Here,

    /// <summary>Known; not all of its bytes have arrived.</summary>
    NotHere,

    Deleted,
}

/// <summary>One item as ls and rm show it. Field names are those of the contract.</summary>
internal sealed record ItemRow(string Key, string Collection, long Bytes, DateTimeOffset Modified, string Device, string DeviceId, bool Deleted, ItemState State, int Versions, string Version)
{
    public static ItemRow Of(Vault vault, KeyState item)
    {
        var view = View.Of(item);
        var winner = view.Winner;
        bool deleted = view.Status == ItemStatus.Deleted;
        var state = deleted ? ItemState.Deleted : winner?.Value is { } value && !vault.IsHere(value) ? ItemState.NotHere : ItemState.Here;
        var device = winner?.Device ?? default;
        return new(item.Key, item.Collection, winner?.Size ?? 0, winner is null ? default : ModifiedOf(winner.Metadata, winner.Timestamp), vault.DeviceName(device), device.ToString(), deleted, state,
            view.HasConflict ? item.MostHeads : 1, winner is null ? "" : VersionId.Of(winner.Dot));
    }

    /// <summary>For people: with what a reader should know besides.</summary>
    [JsonIgnore]
    public string Shown => (State switch { ItemState.NotHere => "not here yet", ItemState.Deleted => "deleted", _ => "here" }) + (Versions > 1 ? $", {Versions} versions" : "");

    /// <summary>A file's own time where it was imported with one, else when the version was written.</summary>
    public static DateTimeOffset ModifiedOf(Metadata? metadata, HybridTimestamp written)
    {
        const long NanosecondsPerTick = 100;
        if (metadata?.Number(Metadata.TimeKey) is not { } nanoseconds) return written.ToDateTimeOffset();
        long ticks = nanoseconds / NanosecondsPerTick;
        var epoch = DateTimeOffset.UnixEpoch;
        return ticks < -epoch.Ticks || ticks > DateTimeOffset.MaxValue.Ticks - epoch.Ticks ? written.ToDateTimeOffset() : epoch.AddTicks(ticks);
    }

    public static TextTable NewTable(bool withCollection) =>
        withCollection ? new("collection", "name", ">bytes", "modified", "device", "state") : new("name", ">bytes", "modified", "device", "state");

    public void AddTo(TextTable table, bool withCollection)
    {
        string[] cells = [Key, Human.Bytes(Bytes), Human.Time(Modified), Device, Shown];
        table.Add(withCollection ? [Collection, .. cells] : cells);
    }
}
