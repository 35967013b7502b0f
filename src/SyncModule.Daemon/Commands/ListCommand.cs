using System.CommandLine;
using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>ls VAULT [PREFIX] [--at TIME | --since TOKEN]</summary>
internal sealed class ListCommand : VaultCommand
{
    private readonly Argument<string?> _prefix = new("PREFIX") { Description = "Only names that begin with this.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _collection = new("--collection") { Description = "Only this collection; all without it.", HelpName = "C" };
    private readonly Option<bool> _deleted = new("--deleted") { Description = "Deleted items too." };
    private readonly Option<string?> _at = new("--at") { Description = "As the vault was then: 2026-11-30T14:05, or how long ago: 2h.", HelpName = "TIME" };
    private readonly Option<string?> _since = new("--since") { Description = "Only what has changed since, deletions too; TOKEN from mirord status --json, on any device.", HelpName = "TOKEN" };

    public ListCommand()
        : base("ls", "List the items.", "mirord ls ~/vault --key-file ~/vault.key", "mirord ls ~/vault notes/ --json", "mirord ls ~/vault --at 2h")
    {
        Arguments.Add(_prefix);
        Options.Add(_collection);
        Options.Add(_deleted);
        Options.Add(_at);
        Options.Add(_since);
    }

    protected override void Check(CommandRun run)
    {
        if (run.Get(_at) is { } at) TimeText.Parse("--at", at, DateTimeOffset.Now);
        if (run.Get(_at) is not null && run.Get(_since) is not null) throw SyncErrors.UsageWrong.With("--at and --since ask for different lists");
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string prefix = (run.GetOptional(_prefix) ?? "").Normalize(NormalizationForm.FormC);
        string? collection = run.Get(_collection) is { } named ? ItemName.Check(named) : null;
        bool withDeleted = run.Get(_deleted) || run.Get(_since) is not null;
        var rows = Items(run, vault, (c, key) => key.StartsWith(prefix, StringComparison.Ordinal) && (collection is null || c == collection))
            .Select(i => ItemRow.Of(vault, i))
            .Where(r => !r.Deleted || withDeleted);
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

    private IEnumerable<KeyState> Items(CommandRun run, Vault vault, Func<string, string, bool> fits)
    {
        if (run.Get(_at) is { } at) return vault.ItemsAt(TimeText.Parse("--at", at, DateTimeOffset.Now), fits);
        if (run.Get(_since) is { } token) return vault.ChangedSince(VectorToken.Parse(vault.Id, token), fits);
        return vault.Items().Where(i => fits(i.Collection, i.Key));
    }
}
