using System.Management.Automation;

namespace SyncModule.Commands.Secrets;

/// <summary>Get-SecretInfo of the extension: names, types and metadata of the items that match.</summary>
[Cmdlet(VerbsCommon.Get, "SecretInfo")]
[OutputType("Microsoft.PowerShell.SecretManagement.SecretInformation")]
public sealed class GetSecretInfoCommand : SecretCmdlet
{
    [Parameter]
    [SupportsWildcards]
    public string Filter { get; set; } = "*";

    protected override void Process()
    {
        var open = Open();
        var pattern = Names.NamePattern.Of(string.IsNullOrEmpty(Filter) ? "*" : Filter);
        foreach (var item in Selection(open).Find("*"))
        {
            if (pattern.IsMatch(item.Key)) WriteObject(SecretValues.Information(open, VaultName, item));
        }
    }
}
