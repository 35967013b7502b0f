using System.Management.Automation;
using SyncModule.Commands.Items;

namespace SyncModule.Commands.Merging;

/// <summary>Restore-SyncItem: writes an old version as the newest one. Nothing is lost by it: the present one stays in the history.</summary>
[Cmdlet(VerbsData.Restore, "SyncItem", SupportsShouldProcess = true)]
[OutputType(typeof(SyncItem))]
public sealed class RestoreSyncItemCommand : ItemCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The beginning of a version's id; without it, of a deleted item, the last version that was alive.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VersionCompleter))]
    public string? Version { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        var open = Open();
        foreach (var item in Named(open, [Name], deleted: true))
        {
            var version = Version ?? VersionObjects.All(open, item).FirstOrDefault(v => !v.Deleted)?.Version ?? throw SyncErrors.VersionNotFound.With($"'{item.Key}' has no version with a value");
            if (!ShouldProcess($"{item.Key} in vault {open.Name}", $"Restore version {version}")) continue;
            open.Vault.Restore(item.Collection, item.Key, version);
            if (PassThru && open.Vault.Find(item.Collection, item.Key) is { } restored) WriteObject(ItemObjects.Of(open, restored));
        }
    }
}
