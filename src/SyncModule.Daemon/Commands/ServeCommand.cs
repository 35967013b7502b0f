using System.CommandLine;
using System.Globalization;
using System.Text;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Files;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>serve VAULT --listen ADDR:PORT: accepts sessions until stopped.</summary>
internal sealed class ServeCommand : VaultCommand
{
    private readonly Option<string> _listen = NodeCommand.Listen();
    private readonly Option<string> _transport = NodeCommand.Transport();
    private readonly Option<string?> _portFile = new("--port-file") { Description = "Write the port to this file once it is open.", HelpName = "F" };

    public ServeCommand()
        : base("serve", "Let other devices sync with this one until it is stopped.", "mirord serve ~/vault --listen 0.0.0.0:22020 --key-file ~/vault.key")
    {
        Options.Add(_listen);
        Options.Add(_transport);
        Options.Add(_portFile);
    }

    protected override void Check(CommandRun run)
    {
        PeerAddress.Parse(run.Get(_listen)!);
        NodeCommand.CheckTransport(run, _transport);
        if (run.Get(_portFile) is { } file) AtomicFile.CheckTarget(file);
    }

    protected override async Task<int> RunAsync(CommandRun run, Vault vault)
    {
        using var node = new SyncNode(vault, NodeCommand.OptionsFor(run.Get(VaultFolder)));
        using var derived = new DerivedReport(vault, run.Output);
        void Ready(PeerAddress address)
        {
            // The file is for scripts that wait for it, so it comes when connections are accepted, and whole.
            if (run.Get(_portFile) is { } file) AtomicFile.Write(file, output => output.Write(Encoding.ASCII.GetBytes(address.Port.ToString(CultureInfo.InvariantCulture) + "\n")));
            run.Output.Record(new { kind = "Listening", at = DateTimeOffset.UtcNow, address = address.ToString(), port = address.Port });
            run.Output.Text($"Listening on {address}. Ctrl+C ends it.");
        }

        return await NodeCommand.UntilStopped(node.ServeAsync(PeerAddress.Parse(run.Get(_listen)!), Ready, e => NodeCommand.Write(run.Output, e, derived), run.Cancellation), run.Cancellation).ConfigureAwait(false);
    }
}
