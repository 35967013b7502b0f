using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>sync VAULT PEER|ADDR…: one round with each, in parallel; resumes what was cut.</summary>
internal sealed class SyncCommand : VaultCommand
{
    private const double LongestTimeout = 7 * 24 * 3600;
    private readonly Argument<string[]> _peers = NodeCommand.Peers("Names or addresses; all known peers without any.");
    private readonly Option<bool> _push = new("--push") { Description = "Only send." };
    private readonly Option<bool> _pull = new("--pull") { Description = "Only receive." };
    private readonly Option<string> _transport = NodeCommand.Transport();
    private readonly Option<double?> _timeout = new("--timeout") { Description = "End the round after this many seconds; what arrived is kept.", HelpName = "S" };

    public SyncCommand()
        : base("sync", "Sync once with each peer.", "mirord sync ~/vault desk --key-file ~/vault.key", "mirord sync ~/vault 192.168.1.7:22020 --pull --timeout 30")
    {
        Arguments.Add(_peers);
        Options.Add(_push);
        Options.Add(_pull);
        Options.Add(_transport);
        Options.Add(_timeout);
    }

    protected override void Check(CommandRun run)
    {
        NodeCommand.CheckTransport(run, _transport);
        if (run.Get(_timeout) is { } seconds && !(seconds > 0 && seconds <= LongestTimeout)) throw SyncErrors.UsageWrong.With("--timeout takes seconds, up to a week");
    }

    protected override async Task<int> RunAsync(CommandRun run, Vault vault)
    {
        // Both options together say what none of them says.
        bool push = run.Get(_push), pull = run.Get(_pull), both = push == pull;
        var request = new SyncRequest(push || both, pull || both, run.Get(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        var peers = run.GetOptional(_peers) is { Length: > 0 } named ? named : [.. new PeerBook(vault).List().Select(p => p.Name)];
        using var node = new SyncNode(vault, NodeCommand.OptionsFor(run.Get(VaultFolder)));
        RoundSummary summary;
        using (var bar = SyncBar.Start("sync")) summary = await node.SyncAsync(peers, request, bar, run.Cancellation).ConfigureAwait(false);
        int exitCode = SyncReport.Finish(run.Output, summary);
        run.Output.Record(SyncReport.Fields(summary, ("stale", DerivedReport.TellRound(run.Output, vault))));
        return exitCode;
    }
}
