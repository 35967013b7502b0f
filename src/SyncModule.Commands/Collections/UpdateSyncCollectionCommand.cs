using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Collections;

/// <summary>
/// Update-SyncCollection: the content of a derived collection anew, from what a script block gives, as a whole or not at all. The block is the caller's own: no
/// setting of a vault holds one, for a setting comes from other machines.
/// </summary>
[Cmdlet(VerbsData.Update, "SyncCollection", SupportsShouldProcess = true)]
[OutputType(typeof(SyncCollection))]
public sealed class UpdateSyncCollectionCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Collection")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Gives objects with Name (or Key), Value and perhaps Metadata; each becomes an item.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>Only where something in the vault has changed since the content was made.</summary>
    [Parameter]
    public SwitchParameter IfStale { get; set; }

    /// <summary>How deep an object is stored that JSON cannot carry.</summary>
    [Parameter]
    [ValidateRange(1, 32)]
    public int Depth { get; set; } = ValueCodec.DefaultDepth;

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        string name = ItemName.Check(Name);
        var open = Open();
        var state = open.Vault.RequireDerived(name);
        if ((!IfStale || state.IsStale) && ShouldProcess($"collection {name} in vault {open.Name}", "Replace the content by what the script block gives")) Rebuild(open, name);
        else if (!IfStale || state.IsStale) return;
        if (PassThru) WriteObject(CollectionObjects.Of(open, name));
    }

    private void Rebuild(OpenVault open, string name)
    {
        using var build = open.Vault.BeginDerived(name);
        ScriptOutput.Stream(ScriptBlock, item =>
        {
            StopToken.ThrowIfCancellationRequested();
            var (key, value, metadata) = DerivedObject.Read(item);
            var encoded = ValueCodec.Encode(value, Depth);
            build.Add(key, encoded.Bytes, ItemMetadata.Of(encoded.Kind, metadata));
            ItemWriter.Forget(encoded);
        });
        StopToken.ThrowIfCancellationRequested();
        build.Complete();
    }
}
