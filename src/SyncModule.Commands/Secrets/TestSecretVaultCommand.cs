using System.Management.Automation;
using SyncModule.Commands.Errors;

namespace SyncModule.Commands.Secrets;

/// <summary>Test-SecretVault of the extension: exactly one truth value; why not, is written as an error.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SecretVault")]
[OutputType(typeof(bool))]
public sealed class TestSecretVaultCommand : SecretCmdlet
{
    protected override void Process()
    {
        try
        {
            Open().Vault.Status();
        }
        catch (SyncException e)
        {
            WriteError(ErrorRecords.From(e, VaultName));
            WriteObject(false);
            return;
        }

        WriteObject(true);
    }
}
