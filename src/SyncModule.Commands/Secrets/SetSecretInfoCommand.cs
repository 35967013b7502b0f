using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Items;

namespace SyncModule.Commands.Secrets;

/// <summary>Set-SecretInfo of the extension: other metadata for the same value.</summary>
[Cmdlet(VerbsCommon.Set, "SecretInfo")]
[OutputType(typeof(void))]
public sealed class SetSecretInfoCommand : SecretCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter]
    public Hashtable Metadata { get; set; } = [];

    protected override void Process()
    {
        var open = Open();
        Subject = Name;
        ItemWriter.SetMetadata(open, Collection, Selection(open).One(Name).Key, Metadata);
    }
}
