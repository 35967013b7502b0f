using System.Management.Automation;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Maintenance;

namespace SyncModule.Commands.Maintenance;

/// <summary>Test-SyncVault: looks for damage. Changes nothing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SyncVault")]
[OutputType(typeof(SyncVaultReport), typeof(bool))]
public sealed class TestSyncVaultCommand : VaultCmdlet
{
    /// <summary>The vault: a name, a folder, or an object of Get-SyncVault.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Name { get; set; }

    /// <summary>Reads every stored byte, not only what names it.</summary>
    [Parameter]
    public SwitchParameter ReadData { get; set; }

    /// <summary>Only true or false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        Vault = Name ?? Vault;
        var open = Open();
        using var pump = new Pump(StopToken);
        VerifyResult? result = null;
        pump.Run(stop =>
        {
            result = Verifier.Run(open.Vault, new VerifyOptions(ReadData, 100), null, stop);
            return Task.CompletedTask;
        });
        var status = open.Vault.Status();
        bool healthy = result!.Damaged.Count == 0;
        if (Quiet) WriteObject(healthy);
        else WriteObject(new SyncVaultReport { Vault = open.Name, Healthy = healthy, Checked = result.Checked, Damaged = [.. result.Damaged.Select(d => $"{d.Where}: {d.What}")], Missing = status.Wanted });
    }
}
