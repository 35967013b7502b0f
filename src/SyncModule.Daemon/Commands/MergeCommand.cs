using System.CommandLine;
using SyncModule.Core.Merging;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>merge VAULT [--explain KEY]: what was decided about versions that competed, and why.</summary>
internal sealed class MergeCommand : VaultCommand
{
    private readonly Option<string?> _explain = new("--explain") { Description = "Everything about this item, in words.", HelpName = "KEY" };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public MergeCommand()
        : base("merge", "Show what was decided about versions that competed.", "mirord merge ~/vault --key-file ~/vault.key", "mirord merge ~/vault --explain notes/todo")
    {
        Options.Add(_explain);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string? key = run.Get(_explain) is { } named ? named.Length == 0 ? "" : ItemName.Check(named) : null;
        string? collection = key is not null || run.IsGiven(_collection) ? ItemName.Check(run.Get(_collection)!) : null;
        var records = key is not null ? vault.MergeRecords(collection!, key) : [.. vault.MergeRecords().Where(r => collection is null || r.Collection == collection)];
        if (key is not null)
        {
            var state = (key.Length == 0 ? vault.FindCollection(collection!) : vault.Find(collection!, key)) ?? throw SyncErrors.ItemNotFound.With(key.Length == 0 ? $"Nothing is said of the collection {collection}" : $"There is no item '{key}'");
            run.Output.Raw(SideBySide.Of(vault, state, records));
        }

        var table = MergeRow.NewTable();
        foreach (var record in records)
        {
            var row = MergeRow.Of(vault, record);
            run.Output.Record(row);
            row.AddTo(table);
        }

        if (key is not null) return Task.FromResult(ExitCode.Ok);
        run.Output.Table(table);
        if (table.Rows == 0) run.Output.Text("No versions ever competed.");
        if (records.FirstOrDefault(r => r.Key.Length == 0 && r.State == MergeState.Open) is { } setting) run.Output.Text($"A setting was made twice at once. Make it once more: mirord collection set, or choose: mirord resolve VAULT '' --collection {setting.Collection} --select VERSION.");
        return Task.FromResult(ExitCode.Ok);
    }
}
