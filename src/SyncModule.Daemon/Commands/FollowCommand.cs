using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>follow VAULT [PEER|ADDR…]: stays connected, both ways.</summary>
internal sealed class FollowCommand : VaultCommand
{
    private readonly Argument<string[]> _peers = NodeCommand.Peers("Names or addresses; all known peers without any.");
    private readonly Option<string> _transport = NodeCommand.Transport();

    public FollowCommand()
        : base("follow", "Stay connected and keep in sync, both ways, until it is stopped.", "mirord follow ~/vault desk --key-file ~/vault.key")
    {
        Arguments.Add(_peers);
        Options.Add(_transport);
    }

    protected override void Check(CommandRun run) => NodeCommand.CheckTransport(run, _transport);

    protected override async Task<int> RunAsync(CommandRun run, Vault vault)
    {
        using var node = new SyncNode(vault, NodeCommand.OptionsFor(run.Get(VaultFolder)));
        using var derived = new DerivedReport(vault, run.Output);
        return await NodeCommand.UntilStopped(node.FollowAsync(run.GetOptional(_peers) ?? [], e => NodeCommand.Write(run.Output, e, derived), run.Cancellation), run.Cancellation).ConfigureAwait(false);
    }
}
