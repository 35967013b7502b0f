using System.Management.Automation;
using SyncModule.Commands.Transactions;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Lock-SyncVault: zeroes the keys of a vault in this process. Syncs that run in it end, so it asks first when there are some.</summary>
[Cmdlet(VerbsCommon.Lock, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVault))]
public sealed class LockSyncVaultCommand : SyncCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Vault", "VaultName")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Name { get; set; }

    /// <summary>Does not ask when a sync runs.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        var known = VaultChoice.Find(this, Name);
        Subject = known.Name;
        OpenTransactions.Refuse(known, "locking it");
        if (!ShouldProcess($"vault {known.Name}", "Lock")) return;
        int users = OpenVaults.OfProcess.UsersOf(known.Path);
        if (users > 0 && !Force && !ShouldContinue($"{users} running {(users == 1 ? "command uses" : "commands use")} vault {known.Name}; locking it ends them. Go on?", "Lock the vault")) return;
        OpenVaults.OfProcess.Lock(known.Path);
        if (PassThru) WriteObject(VaultObjects.Of(known));
    }
}
