using SyncModule.Core.Merging;

namespace SyncModule.Engine.Vaults;

/// <summary>What has become of a version.</summary>
public enum VersionState
{
    /// <summary>It shows.</summary>
    Active,

    /// <summary>Present, but another one shows.</summary>
    Competing,

    Replaced,
}

/// <summary>One version with what became of it, and why, in words.</summary>
public sealed record ExplainedVersion(ItemVersion Version, VersionState State, string Why);

/// <summary>The history of an item with its reasons, the same in every face of the product.</summary>
public static class ItemHistory
{
    /// <exception cref="SyncException"><see cref="SyncErrors.ItemNotFound"/>.</exception>
    public static IReadOnlyList<ExplainedVersion> Of(Vault vault, string collection, string key)
    {
        var versions = vault.History(collection, key);
        var record = vault.MergeRecords(collection, key).LastOrDefault(r => r.Path.Length == 0);
        return [.. versions.Select(v => Explain(vault, v, versions, record))];
    }

    private static ExplainedVersion Explain(Vault vault, ItemVersion version, IReadOnlyList<ItemVersion> versions, MergeRecord? record)
    {
        var state = version.IsActive ? VersionState.Active : version.IsPresent ? VersionState.Competing : VersionState.Replaced;
        return new(version, state, Why(vault, version, state, versions, record));
    }

    private static string Why(Vault vault, ItemVersion version, VersionState state, IReadOnlyList<ItemVersion> versions, MergeRecord? record)
    {
        string why = Reason(vault, version, state, versions, record);
        return version.Tree is not { } prefix ? why : $"{(prefix.Length == 0 ? "deleted with the whole collection" : "deleted with all under " + prefix)}, {why}";
    }

    // The record's reason explains a decision; without one nothing ever competed with this version.
    private static string Reason(Vault vault, ItemVersion version, VersionState state, IReadOnlyList<ItemVersion> versions, MergeRecord? record) => state switch
    {
        VersionState.Active when record is not null && record.Winner == version.Dot => Explanation.Reason(record, vault.DeviceName),
        VersionState.Active => version.Replaces.Count > 0 ? "the latest" : "the only one",
        VersionState.Competing when record is { IsWaiting: true } or { Rule: MergeRule.FieldMerge, State: MergeState.Open } => Explanation.Reason(record, vault.DeviceName),
        VersionState.Competing => record is { State: MergeState.Open } ? "the active one was " + Explanation.Reason(record, vault.DeviceName) : "says the same as the active one",
        _ => versions.FirstOrDefault(v => v.Replaces.Contains(version.Dot)) is { } by ? "replaced by " + by.VersionId : "replaced",
    };
}
