using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>rm VAULT KEY… [--recursive]: tombstones; the history stays.</summary>
internal sealed class RemoveCommand : VaultCommand
{
    private readonly Argument<string[]> _keys = new("KEY") { Description = "The items to delete.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _recursive = new("--recursive") { Description = "With everything under KEY/, in one small operation. What others write there meanwhile stays." };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public RemoveCommand()
        : base("rm", "Delete items; earlier versions stay in the history.", "mirord rm ~/vault notes/todo notes/done --key-file ~/vault.key", "mirord rm ~/vault photos/2019 --recursive")
    {
        Arguments.Add(_keys);
        Options.Add(_recursive);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = run.Get(_collection)!;
        var keys = run.Get(_keys).Distinct(StringComparer.Ordinal).ToList();
        return Task.FromResult(run.Get(_recursive) ? Trees(run, vault, collection, keys) : Items(run, vault, collection, keys));
    }

    private static int Items(CommandRun run, Vault vault, string collection, List<string> keys)
    {
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

        return code;
    }

    // All of them are one commit.
    private static int Trees(CommandRun run, Vault vault, string collection, List<string> keys)
    {
        using var transaction = vault.Begin();
        int code = ExitCode.Ok;
        var gone = new List<(string Key, int Items)>();
        foreach (string key in keys)
        {
            // "photos/" is how a shell completes a folder.
            string name = key.Length > 1 && key.EndsWith('/') ? key[..^1] : key;
            int items = transaction.DeleteTree(collection, name);
            if (items > 0) gone.Add((name, items));
            else
            {
                ErrorReport.Line(SyncErrors.ItemNotFound, $"There is no item '{name}' and none under it");
                code = ExitCode.Error;
            }
        }

        string? commit = transaction.Commit().Commit?.ToString();
        foreach (var (key, items) in gone)
        {
            run.Output.Record(new { key, collection, items, commit });
            run.Output.Text($"{key}: {Human.Count(items, "item")} deleted");
        }

        return code;
    }
}
