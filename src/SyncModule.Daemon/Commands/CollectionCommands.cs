using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>collection set VAULT NAME [--policy P] …</summary>
internal sealed class CollectionSetCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The collection; it need not have items yet." };
    private readonly Option<string?> _policy = new("--policy") { Description = "last-writer-wins (the default), first-writer-wins, field-merge, authority-wins (also server-wins, client-wins), manual, owned (who writes a record first owns it).", HelpName = "P" };
    private readonly Option<string?> _authority = new("--authority") { Description = "The device whose versions stand first, with authority-wins.", HelpName = "DEVICE" };
    private readonly Option<string[]> _patterns = Several("--pattern", "The policy is for these keys alone: * is any run of characters, ? one. May be repeated.", "GLOB");
    private readonly Option<string[]> _removed = Several("--remove-pattern", "This exception ends.", "GLOB");
    private readonly Option<string[]> _sets = Several("--set", "The array at this field is a set: elements come and go one by one.", "PATH");
    private readonly Option<string[]> _counters = Several("--counter", "The number at this field is a counter.", "PATH");
    private readonly Option<string[]> _local = Several("--local", "The field stays on each device: what is written there is not sent. / = all fields.", "PATH");
    private readonly Option<bool?> _derived = new("--derived") { Description = "Its items are computed on each device and never sent: mirord collection rebuild. --derived false ends it.", HelpName = "true|false" };
    private readonly Option<string[]> _plain = Several("--plain", "The field is none of these any more.", "PATH");

    public CollectionSetCommand()
        : base("set", "Set how versions that compete are shown. The setting travels like any other change and never changes what is stored.",
            "mirord collection set ~/vault secrets --policy manual --key-file ~/vault.key", "mirord collection set ~/vault items --policy field-merge --pattern 'app/*'", "mirord collection set ~/vault items --policy authority-wins --authority desk")
    {
        Arguments.Add(_name);
        Options.Add(_policy);
        Options.Add(_authority);
        Options.Add(_derived);
        foreach (var option in new[] { _patterns, _removed, _sets, _counters, _local, _plain }) Options.Add(option);
        _policy.CompletionSources.Add([.. PolicyChange.Names]);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string name = ItemName.Check(run.Get(_name));
        bool changed = vault.SetPolicy(name, new()
        {
            Policy = run.Get(_policy),
            Authority = run.Get(_authority),
            Patterns = run.Get(_patterns) ?? [],
            RemovedPatterns = run.Get(_removed) ?? [],
            Sets = run.Get(_sets) ?? [],
            Counters = run.Get(_counters) ?? [],
            Local = run.Get(_local) ?? [],
            Derived = run.Get(_derived),
            Plain = run.Get(_plain) ?? [],
        });
        var row = CollectionRow.Of(vault, name);
        run.Output.Record(row);
        var table = CollectionRow.NewTable();
        row.AddTo(table, vault);
        run.Output.Table(table);
        CollectionRow.ShowDerived(run.Output, [row]);
        if (!changed) run.Output.Text("It was so already.");
        return Task.FromResult(ExitCode.Ok);
    }

    private static Option<string[]> Several(string name, string description, string value) =>
        new(name) { Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
}

/// <summary>collection list VAULT</summary>
internal sealed class CollectionListCommand() : VaultCommand("list", "List the collections with their policies.", "mirord collection list ~/vault --key-file ~/vault.key")
{
    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var table = CollectionRow.NewTable();
        CollectionRow[] rows = [.. vault.CollectionNames().Select(name => CollectionRow.Of(vault, name))];
        foreach (var row in rows)
        {
            run.Output.Record(row);
            row.AddTo(table, vault);
        }

        run.Output.Table(table);
        CollectionRow.ShowDerived(run.Output, rows);
        return Task.FromResult(ExitCode.Ok);
    }
}
