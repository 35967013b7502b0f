using System.Management.Automation;

namespace SyncModule.Commands.Items;

/// <summary>Get-SyncItem: items without their values.</summary>
[Cmdlet(VerbsCommon.Get, "SyncItem")]
[OutputType(typeof(SyncItem))]
public sealed class GetSyncItemCommand : ItemCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Deleted items too; their versions are kept.</summary>
    [Parameter]
    public SwitchParameter IncludeDeleted { get; set; }

    protected override void Process()
    {
        var open = Open();
        foreach (var item in Shown(open, Name, IncludeDeleted)) WriteObject(item);
    }
}
