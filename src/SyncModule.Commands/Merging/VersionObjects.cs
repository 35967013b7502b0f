using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Merging;

/// <summary>Makes <see cref="SyncVersion"/> objects.</summary>
internal static class VersionObjects
{
    /// <summary>Settings of a collection that two devices made at once, and what each says.</summary>
    public static IReadOnlyList<SyncVersion> OfSettings(OpenVault open, string collection) =>
        [.. (open.Vault.FindCollection(collection)?.Cells ?? []).Where(c => c.IsOpen).SelectMany(c => c.Heads.Select(h => new SyncVersion
        {
            Name = "",
            Version = Core.Model.VersionId.Of(h.Dot),
            Device = open.Vault.DeviceName(h.Device),
            At = h.Timestamp.ToDateTimeOffset().ToLocalTime(),
            Length = h.Size,
            Deleted = !h.Alive,
            State = ReferenceEquals(h, c.First) ? SyncVersionState.Active : SyncVersionState.Competing,
            Why = $"{c.Path} {(h.Value is { } value ? Core.Model.Printable.Of(System.Text.Encoding.UTF8.GetString(value.Inline.Span)) : "is not set")}",
            Collection = collection,
            Vault = open.Name,
        }))];

    /// <summary>Such versions with the page that says why which stands.</summary>
    /// <param name="open">The vault.</param>
    /// <param name="state">As it shows; of settings that of the collection.</param>
    /// <param name="versions">Of it.</param>
    public static IEnumerable<SyncExplainedVersion> Explained(OpenVault open, KeyState state, IEnumerable<SyncVersion> versions)
    {
        string page = SideBySide.Of(open.Vault, state, open.Vault.MergeRecords(state.Collection, state.Key)).TrimEnd('\n');
        return versions.Select(v => new SyncExplainedVersion { Name = v.Name, Version = v.Version, Device = v.Device, At = v.At, Length = v.Length, Deleted = v.Deleted, State = v.State, Why = v.Why, Collection = v.Collection, Vault = v.Vault, Explanation = page });
    }

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
