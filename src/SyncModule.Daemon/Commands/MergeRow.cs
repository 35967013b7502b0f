using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>Whether the versions of a record still compete, for people.</summary>
internal enum MergeRowState
{
    Settled,
    Open,

    /// <summary>Open, and the policy leaves it to a person.</summary>
    Waiting,
}

/// <summary>One merge record as merge and resolve show it. Field names are those of the contract.</summary>
internal sealed record MergeRow(string Id, MergeRowState State, string Collection, string Key, string Path, string Winner, IReadOnlyList<string> Losers, MergeRule Rule, string Why, DateTimeOffset At, MergeAuthor By)
{
    public static MergeRow Of(Vault vault, MergeRecord record) => new(
        record.Id.ToString(), record.IsWaiting ? MergeRowState.Waiting : record.State == MergeState.Open ? MergeRowState.Open : MergeRowState.Settled, record.Collection, record.Key, record.Path, VersionId.Of(record.Winner), [.. record.Losers.Select(VersionId.Of)],
        record.Rule, Explanation.Reason(record, vault.DeviceName), record.Timestamp.ToDateTimeOffset(), record.By);

    /// <summary>For people. What is said of a collection has no key.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Name => Key.Length == 0 ? $"({Collection}: setting {Path})" : Path.Length == 0 ? Key : Key + " cell " + Path;

    public static TextTable NewTable() => new("at", "name", "state", "rule", "winner", "losers", "why");

    public void AddTo(TextTable table) => table.Add(
        Human.Time(At), Name, State switch { MergeRowState.Open => "open", MergeRowState.Waiting => "waiting", _ => "settled" },
        Explanation.RuleName(Rule), Rule is MergeRule.FieldMerge or MergeRule.Manual ? "-" : Human.Short(Winner), string.Join(' ', Losers.Select(Human.Short)), Why);
}
