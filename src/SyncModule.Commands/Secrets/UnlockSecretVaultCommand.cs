using System.Management.Automation;
using System.Security;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Secrets;

/// <summary>Unlock-SecretVault of the extension: with the passphrase of this machine.</summary>
[Cmdlet(VerbsCommon.Unlock, "SecretVault")]
[OutputType(typeof(void))]
public sealed class UnlockSecretVaultCommand : SecretCmdlet
{
    [Parameter]
    [ValidateNotNull]
    public SecureString? Password { get; set; }

    protected override void Process() => Unlocking.Open(this, Locate(), keyFile: null, Password).Dispose();
}
