using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Items;

namespace SyncModule.Commands.Secrets;

/// <summary>Set-Secret of the extension.</summary>
[Cmdlet(VerbsCommon.Set, "Secret")]
[OutputType(typeof(void))]
public sealed class SetSecretCommand : SecretCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter]
    public object? Secret { get; set; }

    [Parameter]
    public Hashtable? Metadata { get; set; }

    protected override void Process()
    {
        var open = Open();
        Subject = Name;
        ItemWriter.Put(open, Collection, Name, Values.ValueCodec.Encode(Secret), Metadata);
    }
}
