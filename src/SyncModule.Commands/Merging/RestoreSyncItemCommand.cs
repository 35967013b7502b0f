using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Commands.Names;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Merging;

/// <summary>Restore-SyncItem: writes an old version as the newest one. Nothing is lost by it: the present one stays in the history.</summary>
[Cmdlet(VerbsData.Restore, "SyncItem", SupportsShouldProcess = true)]
[OutputType(typeof(SyncItem))]
public sealed class RestoreSyncItemCommand : ItemCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The beginning of a version's id; without it, of a deleted item, the last version that was alive. Wildcards in the name mean deleted items alone.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VersionCompleter))]
    public string? Version { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Process()
    {
        Subject = Name;
        var open = Open();
        bool several = NamePattern.HasWildcards(Name);
        foreach (var item in Named(open, [Name], deleted: true))
        {
            bool deleted = View.Of(item).Status == ItemStatus.Deleted;
            if (several && item.Key != Name && !deleted) continue;
            Try(item.Key, () => Restore(open, item, deleted));
        }
    }

    private void Restore(OpenVault open, KeyState item, bool deleted)
    {
        if (Version is null && !deleted) throw SyncErrors.UsageWrong.With($"'{item.Key}' is not deleted: say which version with -Version (Get-SyncHistory shows them)");
        string version = Version ?? VersionObjects.All(open, item).FirstOrDefault(v => !v.Deleted)?.Version ?? throw SyncErrors.VersionNotFound.With($"'{item.Key}' has no version with a value");
        // Looked for before the question: -WhatIf says only what would happen.
        _ = open.Vault.FindVersion(item.Collection, item.Key, version);
        if (!ShouldProcess($"{item.Key} in vault {open.Name}", $"Restore version {version}")) return;
        if (open.Transaction is { } transaction) transaction.Restore(item.Collection, item.Key, version);
        else open.Vault.Restore(item.Collection, item.Key, version);
        if (PassThru && open.View.Find(item.Collection, item.Key) is { } restored) WriteObject(ItemObjects.Of(open, restored));
    }
}
