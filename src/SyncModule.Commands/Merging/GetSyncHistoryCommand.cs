using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Commands.Transactions;

namespace SyncModule.Commands.Merging;

/// <summary>Get-SyncHistory: all versions of items, newest first, which one stands, and why.</summary>
[Cmdlet(VerbsCommon.Get, "SyncHistory")]
[OutputType(typeof(SyncVersion))]
public sealed class GetSyncHistoryCommand : ItemCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = [];

    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        var open = Open();
        foreach (var item in Named(open, Name, deleted: true)) WriteObject(VersionObjects.All(open, item), enumerateCollection: true);
    }
}
