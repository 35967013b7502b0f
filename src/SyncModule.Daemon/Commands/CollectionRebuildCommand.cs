using System.CommandLine;
using SyncModule.Daemon.Applying;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>
/// collection rebuild VAULT NAME [--if-stale] [--made-from TOKEN] [-- PROGRAM ARG…]: the content of a derived collection anew, from lines of standard input or of a
/// program. The program is the caller's own: no setting of a vault names one, for a setting comes from other devices.
/// </summary>
internal sealed class CollectionRebuildCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The derived collection." };
    private readonly Argument<string[]> _command = new("PROGRAM")
    {
        Description = """
            Behind --: a program and its arguments, run without a shell, whose
            output is read. Without it the lines come from standard input.
            A line is {"key":K,"value":TEXT OR ANY JSON}, or "base64":BYTES
            for "value"; also "meta":{NAME:TEXT OR NUMBER}.
            """,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _ifStale = new("--if-stale") { Description = "Only where something in the vault has changed since it was made." };
    private readonly Option<string?> _madeFrom = new("--made-from") { Description = "The state that the lines were computed from: token of mirord status --json. Without it, the state when this command begins.", HelpName = "TOKEN" };

    public CollectionRebuildCommand()
        : base("rebuild", "Replace the content of a derived collection, as a whole or not at all.",
            "mirord collection rebuild ~/vault orphans --if-stale -- ./orphans.sh", "make-lines | mirord collection rebuild ~/vault orphans --json")
    {
        Arguments.Add(_name);
        Arguments.Add(_command);
        Options.Add(_ifStale);
        Options.Add(_madeFrom);
    }

    protected override void Check(CommandRun run)
    {
        if (run.GetOptional(_command) is not { Length: > 0 } && !Console.IsInputRedirected) throw SyncErrors.UsageWrong.With("There are no lines: give a program behind --, or let the output of one flow into this command");
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string name = ItemName.Check(run.Get(_name));
        var before = vault.RequireDerived(name);
        bool goes = !run.Get(_ifStale) || before.IsStale;
        var state = goes ? Rebuild(run, vault, name) : before;
        run.Output.Record(new { collection = name, rebuilt = goes, items = state.Items, made = state.Made, stale = state.IsStale });
        run.Output.Text(goes ? $"{name}: {Human.Count(state.Items, "item")}{(state.IsStale ? "; the vault has changed meanwhile, so it is stale already" : "")}." : $"{name} is current.");
        return Task.FromResult(ExitCode.Ok);
    }

    private DerivedState Rebuild(CommandRun run, Vault vault, string name)
    {
        var from = run.Get(_madeFrom) is { } token ? VectorToken.Parse(vault.Id, token) : null;
        using var build = vault.BeginDerived(name, from);
        void Take(Stream lines)
        {
            using var source = new InterruptibleStream(lines, run.Cancellation);
            JsonLines.Read(source, mostBytes: null, DerivedLine.NextStep, (_, json) =>
            {
                var item = DerivedLine.Read(json);
                build.Add(item.Key, item.Bytes, item.Metadata);
            });
        }

        if (run.GetOptional(_command) is { Length: > 0 } command) LineProgram.Run(command, Take, run.Cancellation);
        else Take(Console.OpenStandardInput());
        return build.Complete();
    }
}
