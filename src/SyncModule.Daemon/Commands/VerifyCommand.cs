using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>verify VAULT [--read-data] [--percent N] [--peer PEER|ADDR]: finds damage; 1 when there is some.</summary>
internal sealed class VerifyCommand : VaultCommand
{
    private readonly Option<bool> _readData = new("--read-data") { Description = "Read every stored byte, not only what names it." };
    private readonly Option<int> _percent = new("--percent") { Description = "Look at this share of the packs.", HelpName = "N", DefaultValueFactory = _ => 100 };
    private readonly Option<string?> _peer = new("--peer") { Description = "Compare with this peer too.", HelpName = "PEER|ADDR" };

    public VerifyCommand()
        : base("verify", "Look for damage.", "mirord verify ~/vault --read-data --key-file ~/vault.key")
    {
        Options.Add(_readData);
        Options.Add(_percent);
        Options.Add(_peer);
    }

    protected override void Check(CommandRun run)
    {
        if (run.Get(_percent) is < 1 or > 100) throw SyncErrors.UsageWrong.With("--percent takes 1 to 100");
    }

    protected override async Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var result = Verifier.Run(vault, new VerifyOptions(run.Get(_readData), run.Get(_percent)), null, run.Cancellation);
        var peer = run.Get(_peer) is { } named ? await CompareAsync(run, vault, named).ConfigureAwait(false) : null;
        run.Output.Record(new { @checked = result.Checked, damaged = result.Damaged.Select(DamageRow.Of), repaired = 0, healed = result.Healed.Select(DamageRow.Of), peer = peer is null ? null : new { name = peer.Peer, outcome = peer.Outcome, error = peer.Error?.ErrorId } });
        foreach (var damage in result.Damaged) run.Output.Text($"damaged: {damage.Where}: {damage.What}");
        foreach (var healed in result.Healed) run.Output.Text($"healed: {healed.Where}: {healed.What}; its commits came back from a peer, as far as that had them");
        run.Output.Text($"{Human.Count(result.Checked, "record")} checked, {(result.Damaged.Count == 0 ? "all of them right" : Human.Count(result.Damaged.Count, "damage") + " found: mirord repair VAULT --from PEER")}.");
        if (peer?.Error is { } error) return ErrorReport.Write(error);
        if (peer is not null) run.Output.Text($"{peer.Peer} has the same state where both have the same operations.");
        return result.Damaged.Count == 0 ? ExitCode.Ok : ExitCode.Error;
    }

    private async Task<PeerResult> CompareAsync(CommandRun run, Vault vault, string peer)
    {
        using var node = new SyncNode(vault, NodeCommand.OptionsFor(run.Get(VaultFolder)));
        using var bar = SyncBar.Start("compare");
        return (await node.SyncAsync([peer], new SyncRequest(Verify: true), bar, run.Cancellation).ConfigureAwait(false)).Peers[0];
    }
}

/// <summary>One damage in JSON.</summary>
internal sealed record DamageRow(string Where, string What)
{
    public static DamageRow Of(Damage damage) => new(damage.Where, damage.What);
}
