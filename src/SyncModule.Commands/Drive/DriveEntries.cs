using SyncModule.Commands.Items;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Drive;

/// <summary>Makes <see cref="SyncDriveEntry"/> objects.</summary>
internal static class DriveEntries
{
    public static SyncDriveEntry Folder(OpenVault open, DrivePath at) => new() { Name = at.Key, Leaf = Leaf(at.Key), Type = SyncItemType.Folder, Folder = Parent(at), Vault = open.Name };

    /// <summary>Null when the item has gone meanwhile.</summary>
    public static SyncDriveEntry? Item(OpenVault open, DrivePath at)
    {
        if (open.Vault.Find(ItemCmdlet.DefaultCollection, at.Key) is not { } item) return null;
        var facts = ItemFacts.Of(open.Vault, item);
        if (facts.Deleted) return null;
        return new()
        {
            Name = item.Key,
            Leaf = Leaf(item.Key),
            Type = ItemObjects.TypeOf(facts.Metadata),
            Length = facts.Bytes,
            Modified = facts.Modified.ToLocalTime(),
            Device = open.Vault.DeviceName(facts.Device),
            Folder = Parent(at),
            Vault = open.Name,
        };
    }

    private static string Leaf(string key) => key[(key.LastIndexOf('/') + 1)..];

    private static string Parent(DrivePath at) => (at with { Key = at.Key.LastIndexOf('/') is var slash and >= 0 ? at.Key[..slash] : "" }).ToString();
}
