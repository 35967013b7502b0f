using System.Management.Automation;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Maintenance;

/// <summary>Repair-SyncVault: makes the index again and, with -From, fetches from a peer what is damaged or missing.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVaultReport))]
public sealed class RepairSyncVaultCommand : VaultCmdlet
{
    /// <summary>The vault: a name, a folder, or an object of Get-SyncVault.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Name { get; set; }

    /// <summary>A peer's name or address.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string? From { get; set; }

    private MendingStores? _stores;

    private protected override Engine.Vaults.IVaultStores StoresOf(Engine.Vaults.FolderStores folder) => _stores = new(folder);

    protected override void Process()
    {
        Vault = Name ?? Vault;
        _stores = null;
        var open = Open();
        if (!ShouldProcess($"vault {open.Name}", From is null ? "Make the index again" : $"Make the index again and fetch what is damaged from {From}")) return;
        using var pump = new Pump(StopToken);
        RepairResult? result = null;
        pump.Run(async stop => result = await Repairer.RunAsync(open.Vault, new NodeOptions { Folder = open.Known.Path }, From, null, stop).ConfigureAwait(false));
        if (result!.Sync?.Peers[0].Error is { } error) Report(error, From);
        if (_stores?.Loss is { } loss) result = result.With(loss);
        WriteObject(new SyncVaultReport
        {
            Vault = open.Name,
            Healthy = result.StillWanted == 0 && result.Repaired >= result.Damaged.Count,
            Checked = result.Checked,
            Damaged = [.. result.Damaged.Select(d => $"{d.Where}: {d.What}")],
            Repaired = result.Repaired,
            Missing = result.StillWanted,
        });
    }
}
