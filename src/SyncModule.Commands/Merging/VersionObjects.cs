using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Merging;

/// <summary>Makes <see cref="SyncVersion"/> objects.</summary>
internal static class VersionObjects
{
    /// <summary>All versions of an item, newest first.</summary>
    public static IReadOnlyList<SyncVersion> All(OpenVault open, KeyState item) =>
        [.. ItemHistory.Of(open.Vault, item.Collection, item.Key).Select(v => new SyncVersion
        {
            Name = item.Key,
            Version = v.Version.VersionId,
            Device = open.Vault.DeviceName(v.Version.Device),
            At = v.Version.Timestamp.ToDateTimeOffset().ToLocalTime(),
            Length = v.Version.Bytes,
            Deleted = !v.Version.Alive,
            State = v.State switch { VersionState.Active => SyncVersionState.Active, VersionState.Competing => SyncVersionState.Competing, _ => SyncVersionState.Replaced },
            Why = v.Why,
            Collection = item.Collection,
            Vault = open.Name,
        })];
}
