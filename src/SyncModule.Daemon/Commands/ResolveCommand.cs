using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>resolve VAULT KEY --select VERSION: a person's decision.</summary>
internal sealed class ResolveCommand : VaultCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The item: name or folder/name; '' means settings of the collection that compete." };
    private readonly Option<string> _select = new("--select") { Description = "The version that stands, from mirord history or mirord merge.", HelpName = "VERSION", Required = true };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public ResolveCommand()
        : base("resolve", "Decide which version of an item stands.", "mirord resolve ~/vault notes/todo --select 3f9a01c2d4e5b6a7 --key-file ~/vault.key", "mirord resolve ~/vault '' --collection notes --select 3f9a01c2d4e5b6a7")
    {
        Arguments.Add(_key);
        Options.Add(_select);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = ItemName.Check(run.Get(_collection)!), key = run.Get(_key);
        if (key.Length == 0) return Task.FromResult(Tell(run, vault, collection, key, vault.ResolveSettings(collection, run.Get(_select)!)));
        ItemName.Check(key);
        var state = vault.Find(collection, key) ?? throw SyncErrors.ItemNotFound.With($"There is no item '{key}'");
        string version = run.Get(_select)!;
        _ = vault.FindVersion(collection, key, version);
        if (state.MostHeads < 2) throw SyncErrors.NothingToResolve.With($"'{key}' has one version only that is not replaced");
        return Task.FromResult(Tell(run, vault, collection, key, vault.Resolve(collection, key, version)));
    }

    private static int Tell(CommandRun run, Vault vault, string collection, string key, CommitResult result)
    {
        var decision = result.Dots[0];
        foreach (var record in vault.MergeRecords(collection, key).Where(r => r.Decision?.Dot == decision))
        {
            var row = MergeRow.Of(vault, record);
            run.Output.Record(row);
            run.Output.Text($"{row.Name}: {row.Winner} stands, {row.Why}");
        }

        return ExitCode.Ok;
    }
}
