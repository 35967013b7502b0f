using System.Text.Json.Serialization;
using SyncModule.Core.Merging;
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

    /// <summary>Versions compete and a person has to decide.</summary>
    Conflict,
}

/// <summary>One item as ls and rm show it. Field names are those of the contract.</summary>
internal sealed record ItemRow(string Key, string Collection, long Bytes, DateTimeOffset Modified, string Device, string DeviceId, bool Deleted, ItemState State, int Versions, string Version, bool Derived)
{
    public static ItemRow Of(Vault vault, KeyState item)
    {
        var facts = ItemFacts.Of(vault, item);
        var state = facts.Deleted ? ItemState.Deleted : facts.IsWaiting ? ItemState.Conflict : facts.IsHere ? ItemState.Here : ItemState.NotHere;
        return new(item.Key, item.Collection, facts.Bytes, facts.Modified, vault.DeviceName(facts.Device), facts.Device.ToString(), facts.Deleted, state, facts.Versions, facts.Version, facts.IsDerived);
    }

    /// <summary>For people: with what a reader should know besides.</summary>
    [JsonIgnore]
    public string Shown => (State switch { ItemState.NotHere => "not here yet", ItemState.Deleted => "deleted", ItemState.Conflict => "conflict", _ => Derived ? "derived" : "here" }) + (Versions > 1 ? $", {Versions} versions" : "");

    public static TextTable NewTable(bool withCollection) =>
        withCollection ? new("collection", "name", ">bytes", "modified", "device", "state") : new("name", ">bytes", "modified", "device", "state");

    public void AddTo(TextTable table, bool withCollection)
    {
        string[] cells = [Key, Human.Bytes(Bytes), Human.Time(Modified), Device, Shown];
        table.Add(withCollection ? [Collection, .. cells] : cells);
    }
}
