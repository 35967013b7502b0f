using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>increment VAULT KEY PATH [--by N | --to N]: a counter.</summary>
internal sealed class IncrementCommand : PartsCommand
{
    private readonly Argument<string> _path = Path();
    private readonly Option<long> _by = new("--by") { Description = "How much; below zero it shrinks.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<long?> _to = new("--to") { Description = "Set the counter to this number instead; what others count meanwhile still counts.", HelpName = "N" };

    public IncrementCommand()
        : base("increment", "Let a counter grow; whoever counts at the same time elsewhere is not lost.", "mirord increment ~/vault stats/site /hits --key-file ~/vault.key", "mirord increment ~/vault stats/site /stock --by -3", "mirord increment ~/vault stats/site /hits --to 0")
    {
        Arguments.Add(Item);
        Arguments.Add(_path);
        Options.Add(_by);
        Options.Add(_to);
        Options.Add(Collection);
    }

    protected override void Check(CommandRun run)
    {
        if (run.Get(_to) is not null && run.IsGiven(_by)) throw SyncErrors.UsageWrong.With("--by and --to say different things");
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = run.Get(Collection)!, key = ItemName.Check(run.Get(Item)), path = run.Get(_path);
        var result = run.Get(_to) is { } to ? vault.SetCounter(collection, key, path, to) : vault.Increment(collection, key, [new(path, run.Get(_by))]);
        string? commit = CommitOf(result);
        var value = Shown(vault, collection, key, path);
        run.Output.Record(new { key, path, value, commit });
        run.Output.Text($"{key} {path}: {value?.ToJsonString() ?? "-"}, {Told(commit)}");
        return Task.FromResult(ExitCode.Ok);
    }
}
