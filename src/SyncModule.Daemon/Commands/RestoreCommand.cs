using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>restore VAULT KEY --version ID: an old version becomes the newest; the present one stays in the history.</summary>
internal sealed class RestoreCommand : VaultCommand
{
    private readonly Argument<string> _key = ItemArguments.Key();
    private readonly Option<string> _version = new("--version") { Description = "The version, from mirord history.", HelpName = "ID", Required = true };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public RestoreCommand()
        : base("restore", "Write an old version of an item as its newest.", "mirord restore ~/vault notes/todo --version 3f9a01c2d4e5b6a7 --key-file ~/vault.key")
    {
        Arguments.Add(_key);
        Options.Add(_version);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = ItemName.Check(run.Get(_collection)!), key = ItemName.Check(run.Get(_key));
        string commit = vault.Restore(collection, key, run.Get(_version)!).Commits[0].ToString();
        var facts = ItemFacts.Of(vault, vault.Find(collection, key)!);
        run.Output.Record(new { key, collection, commit, version = facts.Version, bytes = facts.Bytes });
        run.Output.Text($"{key}: {Human.Bytes(facts.Bytes)} restored as version {facts.Version}, commit {Human.Short(commit)}");
        return Task.FromResult(ExitCode.Ok);
    }
}
