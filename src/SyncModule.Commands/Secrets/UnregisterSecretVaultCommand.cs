using System.Management.Automation;

namespace SyncModule.Commands.Secrets;

/// <summary>Unregister-SecretVault of the extension: SecretManagement forgets the vault; its folder and its name here stay.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "SecretVault")]
[OutputType(typeof(void))]
public sealed class UnregisterSecretVaultCommand : SecretCmdlet
{
    protected override void Process() => WriteVerbose($"The vault {VaultName} stays as it is; Unregister-SyncVault forgets its name.");
}
