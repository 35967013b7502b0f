using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>repair VAULT [--from PEER|ADDR]: rebuilds the index, heals from a peer; 1 while something is still damaged or missing.</summary>
internal sealed class RepairCommand : VaultCommand
{
    private readonly Option<string?> _from = new("--from") { Description = "Fetch what is damaged or missing from this peer.", HelpName = "PEER|ADDR" };

    public RepairCommand()
        : base("repair", "Make the index again and fetch what is damaged from a peer.", "mirord repair ~/vault --from desk --key-file ~/vault.key")
    {
        Options.Add(_from);
    }

    protected override Vault Open(CommandRun run, IVaultStores stores, Func<VaultFile, UnlockedVaultFile> unlock) =>
        VaultCreation.OpenForRepair(stores, unlock, TimeProvider.System, SystemRandomSource.Instance, e =>
            run.Output.Text($"local.db could not be used ({e.Detail}) and was begun anew; the old one is kept as local.db.damaged. Add the peers again: mirord peer add VAULT NAME ADDR."));

    protected override async Task<int> RunAsync(CommandRun run, Vault vault)
    {
        RepairResult result;
        using (var bar = SyncBar.Start("repair")) result = await Repairer.RunAsync(vault, NodeCommand.OptionsFor(run.Get(VaultFolder)), run.Get(_from), bar, run.Cancellation).ConfigureAwait(false);
        run.Output.Record(new { @checked = result.Checked, damaged = result.Damaged.Select(DamageRow.Of), repaired = result.Repaired, missing = result.StillWanted });
        foreach (var damage in result.Damaged) run.Output.Text($"was damaged: {damage.Where}: {damage.What}");
        run.Output.Text($"{Human.Count(result.Checked, "record")} checked, {result.Damaged.Count} damaged, {result.Repaired} repaired; the index was made again.");
        if (result.StillWanted > 0) run.Output.Text($"{Human.Count(result.StillWanted, "object")} still missing: mirord repair VAULT --from PEER, or sync with a device that has them.");
        int code = result.Sync is { } sync ? SyncReport.Finish(run.Output, sync) : ExitCode.Ok;
        return code != ExitCode.Ok ? code : result.StillWanted > 0 || result.Repaired < result.Damaged.Count ? ExitCode.Error : ExitCode.Ok;
    }
}
