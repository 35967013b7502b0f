using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>One merge record as merge and resolve show it. Field names are those of the contract.</summary>
internal sealed record MergeRow(string Id, MergeState State, string Collection, string Key, string Path, string Winner, IReadOnlyList<string> Losers, MergeRule Rule, string Why, DateTimeOffset At, MergeAuthor By)
{
    public static MergeRow Of(Vault vault, MergeRecord record) => new(
        record.Id.ToString(), record.State, record.Collection, record.Key, record.Path, VersionId.Of(record.Winner), [.. record.Losers.Select(VersionId.Of)],
        record.Rule, Explanation.Reason(record, vault.DeviceName), record.Timestamp.ToDateTimeOffset(), record.By);

    public static TextTable NewTable() => new("at", "name", "state", "rule", "winner", "losers", "why");

    public void AddTo(TextTable table) => table.Add(
        Human.Time(At), Path.Length == 0 ? Key : Key + " cell " + Path, State == MergeState.Open ? "open" : "settled",
        Rule switch { MergeRule.LastWriterWins => "last writer wins", MergeRule.Superseded => "superseded", _ => "resolved" },
        Human.Short(Winner), string.Join(' ', Losers.Select(Human.Short)), Why);
}
