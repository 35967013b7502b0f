using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>peer add VAULT NAME ADDR…</summary>
internal sealed class PeerAddCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What to call it." };
    private readonly Argument<string[]> _addresses = new("ADDR") { Description = "HOST, HOST:PORT or [IPv6]:PORT; 22020 without a port.", Arity = ArgumentArity.OneOrMore };

    public PeerAddCommand()
        : base("add", "Remember a peer's addresses.", "mirord peer add ~/vault desk 192.168.1.7 --key-file ~/vault.key")
    {
        Arguments.Add(_name);
        Arguments.Add(_addresses);
    }

    protected override void Check(CommandRun run)
    {
        foreach (string address in run.Get(_addresses)) Engine.Transport.PeerAddress.Parse(address);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var book = new PeerBook(vault);
        book.Add(run.Get(_name), run.Get(_addresses));
        var row = PeerRow.All(vault).First(p => p.Name == VaultCreation.CheckDeviceName(run.Get(_name)));
        run.Output.Record(row);
        run.Output.Text($"{row.Name}: {string.Join(' ', row.Addresses)}");
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>peer list VAULT</summary>
internal sealed class PeerListCommand() : VaultCommand("list", "List the peers whose addresses are known.", "mirord peer list ~/vault --key-file ~/vault.key")
{
    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var rows = PeerRow.All(vault);
        foreach (var row in rows) run.Output.Record(row);
        run.Output.Table(PeerRow.Table(rows));
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>peer remove VAULT NAME</summary>
internal sealed class PeerRemoveCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "As peer list shows it." };

    public PeerRemoveCommand()
        : base("remove", "Forget a peer's addresses. The device stays a member of the vault.", "mirord peer remove ~/vault desk --key-file ~/vault.key")
    {
        Arguments.Add(_name);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string name = run.Get(_name);
        var row = PeerRow.All(vault).FirstOrDefault(p => p.Name == name);
        if (row is null || !new PeerBook(vault).Remove(name)) throw SyncErrors.PeerUnknown.With($"There is no peer '{name}'");
        run.Output.Record(row);
        // Who lost a machine must not believe that this locks it out.
        run.Output.Text($"{name}: addresses forgotten. The device is still a member of the vault.");
        return Task.FromResult(ExitCode.Ok);
    }
}
