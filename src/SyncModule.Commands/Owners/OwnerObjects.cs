using SyncModule.Commands.Vaults;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Owners;

/// <summary>Makes <see cref="SyncOwner"/> and <see cref="SyncRefusedWrite"/> objects.</summary>
internal static class OwnerObjects
{
    /// <summary>The units of a collection that have an owner, by name.</summary>
    public static IEnumerable<SyncOwner> Of(OpenVault open, string collection) => open.Vault.Owners(collection).Select(o => new SyncOwner
    {
        Collection = collection,
        Unit = o.Unit,
        Owner = open.Vault.DeviceName(o.Owner),
        IsSelf = o.Owner == open.Vault.Device,
        Since = o.Since.ToDateTimeOffset().ToLocalTime(),
        Vault = open.Name,
    });

    public static SyncRefusedWrite Of(OpenVault open, RefusedWrite write) => new()
    {
        Collection = write.Operation.Collection,
        Name = write.Operation.Key,
        Version = VersionId.Of(write.Origin.Dot),
        Device = open.Vault.DeviceName(write.Origin.Device),
        At = write.Origin.CommitTimestamp.ToDateTimeOffset().ToLocalTime(),
        Owner = write.Owner is { } owner ? open.Vault.DeviceName(owner) : null,
        Vault = open.Name,
    };
}
