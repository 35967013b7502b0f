using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>rm VAULT KEY…: tombstones; the history stays.</summary>
internal sealed class RemoveCommand : VaultCommand
{
    private readonly Argument<string[]> _keys = new("KEY") { Description = "The items to delete.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public RemoveCommand()
        : base("rm", "Delete items; earlier versions stay in the history.", "mirord rm ~/vault notes/todo notes/done --key-file ~/vault.key")
    {
        Arguments.Add(_keys);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = run.Get(_collection)!;
        var keys = run.Get(_keys).Distinct(StringComparer.Ordinal).ToList();
        var deleted = vault.Delete(collection, keys);
        int code = ExitCode.Ok;
        for (int i = 0; i < keys.Count; i++)
        {
            if (!deleted[i] || vault.Find(collection, keys[i]) is not { } state)
            {
                ErrorReport.Line(SyncErrors.ItemNotFound, $"There is no item '{keys[i]}'");
                code = ExitCode.Error;
                continue;
            }

            var row = ItemRow.Of(vault, state);
            run.Output.Record(row);
            run.Output.Text($"{row.Key}: deleted");
        }

        return Task.FromResult(code);
    }
}
