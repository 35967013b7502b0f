using System.Management.Automation;

namespace SyncModule.Commands.Secrets;

/// <summary>Get-Secret of the extension: the secret, or nothing when there is none.</summary>
[Cmdlet(VerbsCommon.Get, "Secret")]
[OutputType(typeof(object))]
public sealed class GetSecretCommand : SecretCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    protected override void Process()
    {
        var open = Open();
        Subject = Name;
        try
        {
            WriteObject(SecretValues.Read(open, Selection(open).One(Name)), enumerateCollection: false);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.ItemNotFound)
        {
            WriteVerbose(e.Detail);
        }
    }
}
