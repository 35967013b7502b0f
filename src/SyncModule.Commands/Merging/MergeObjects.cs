using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Merging;

/// <summary>Makes <see cref="SyncMerge"/> objects.</summary>
internal static class MergeObjects
{
    public static SyncMerge Of(Vault vault, string name, MergeRecord record, string? peer = null)
    {
        var winner = record.Heads.FirstOrDefault(h => h.Dot == record.Winner) ?? record.Decision ?? record.Heads[0];
        return new()
        {
            Kind = SyncEventKind.Merge,
            Vault = name,
            Peer = peer,
            At = record.Timestamp.ToDateTimeOffset().ToLocalTime(),
            Id = record.Id.ToString(),
            State = record.IsWaiting ? SyncMergeState.Waiting : record.State == MergeState.Settled ? SyncMergeState.Settled : SyncMergeState.Open,
            Collection = record.Collection,
            Key = record.Key,
            Path = record.Path,
            Rule = record.Rule switch
            {
                MergeRule.LastWriterWins => SyncMergeRule.LastWriterWins,
                MergeRule.Superseded => SyncMergeRule.Superseded,
                MergeRule.Resolved => SyncMergeRule.Resolved,
                MergeRule.FirstWriterWins => SyncMergeRule.FirstWriterWins,
                MergeRule.Authority => SyncMergeRule.Authority,
                MergeRule.FieldMerge => SyncMergeRule.FieldMerge,
                _ => SyncMergeRule.Manual,
            },
            Winner = record.IsWaiting || record.Rule == MergeRule.FieldMerge ? "-" : vault.DeviceName(winner.Device),
            Version = VersionId.Of(record.Winner),
            // An array, because Export-Csv prints the name of the type.
            Versions = record.Heads.Select(h => VersionOf(vault, record, h)).ToArray(),
            Why = Explanation.Reason(record, vault.DeviceName),
            By = record.By.ToString(),
            Message = $"{(record.Key.Length > 0 ? record.Key : $"setting {record.Path} of collection {record.Collection}")}: {Explanation.Reason(record, vault.DeviceName)}",
            Count = record.Heads.Count,
        };
    }

    private static SyncMergeVersion VersionOf(Vault vault, MergeRecord record, MergeVersion version) => new()
    {
        Version = VersionId.Of(version.Dot),
        Device = vault.DeviceName(version.Device),
        At = version.Timestamp.ToDateTimeOffset().ToLocalTime(),
        Length = version.Size,
        Deleted = !version.Alive,
        Stands = !record.IsWaiting && (version.Dot == record.Winner || record.Rule == MergeRule.FieldMerge),
    };
}
