using System.Management.Automation;
using System.Security;

namespace SyncModule.Commands.Vaults;

/// <summary>Unlock-SyncVault: opens a vault for everything in this process, for a time. Rarely needed: commands do it by themselves.</summary>
[Cmdlet(VerbsCommon.Unlock, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVault))]
public sealed class UnlockSyncVaultCommand : SyncCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Vault", "VaultName")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Name { get; set; }

    [Parameter]
    [ValidateNotNull]
    public SecureString? Passphrase { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    /// <summary>How long it stays open without use; 15 minutes when not given.</summary>
    [Parameter]
    public TimeSpan? Timeout { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        var known = VaultChoice.Find(this, Name);
        Subject = known.Name;
        if (Timeout is { } time && (time <= TimeSpan.Zero || time > TimeSpan.FromDays(365))) throw SyncErrors.UsageWrong.With("-Timeout takes more than nothing and at most a year");
        if (!ShouldProcess($"vault {known.Name}", "Unlock")) return;
        string? keyFile = KeyFile is null ? null : SessionPath.Of(this, KeyFile);
        using (Unlocking.Open(this, known, keyFile, Passphrase, Timeout))
        {
            if (PassThru) WriteObject(VaultObjects.Of(known));
        }
    }
}
