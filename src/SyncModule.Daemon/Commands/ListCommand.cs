using System.CommandLine;
using System.Text;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>ls VAULT [PREFIX]</summary>
internal sealed class ListCommand : VaultCommand
{
    private readonly Argument<string?> _prefix = new("PREFIX") { Description = "Only names that begin with this.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _collection = new("--collection") { Description = "Only this collection; all without it.", HelpName = "C" };
    private readonly Option<bool> _deleted = new("--deleted") { Description = "Deleted items too." };

    public ListCommand()
        : base("ls", "List the items.", "mirord ls ~/vault --key-file ~/vault.key", "mirord ls ~/vault notes/ --json")
    {
        Arguments.Add(_prefix);
        Options.Add(_collection);
        Options.Add(_deleted);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string prefix = (run.GetOptional(_prefix) ?? "").Normalize(NormalizationForm.FormC);
        string? collection = run.Get(_collection) is { } named ? ItemName.Check(named) : null;
        var rows = vault.Items()
            .Where(i => i.Key.StartsWith(prefix, StringComparison.Ordinal) && (collection is null || i.Collection == collection))
            .Select(i => ItemRow.Of(vault, i))
            .Where(r => !r.Deleted || run.Get(_deleted));
        if (run.IsJson)
        {
            foreach (var row in rows)
            {
                run.Cancellation.ThrowIfCancellationRequested();
                run.Output.Record(row);
            }

            return Task.FromResult(ExitCode.Ok);
        }

        var shown = rows.ToList();
        bool withCollection = shown.Any(r => r.Collection != ItemArguments.DefaultCollection) && collection is null;
        var table = ItemRow.NewTable(withCollection);
        foreach (var row in shown) row.AddTo(table, withCollection);
        run.Output.Table(table);
        return Task.FromResult(ExitCode.Ok);
    }
}
