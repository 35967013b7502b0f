using System.Management.Automation;

namespace SyncModule.Commands.Secrets;

/// <summary>Remove-Secret of the extension; the versions stay in the history.</summary>
[Cmdlet(VerbsCommon.Remove, "Secret")]
[OutputType(typeof(void))]
public sealed class RemoveSecretCommand : SecretCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    protected override void Process()
    {
        var open = Open();
        Subject = Name;
        open.Vault.Delete(Collection, [Selection(open).One(Name).Key]);
    }
}
