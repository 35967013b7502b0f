using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Collections;

/// <summary>Get-SyncCollection: the collections of a vault with their policies.</summary>
[Cmdlet(VerbsCommon.Get, "SyncCollection")]
[OutputType(typeof(SyncCollection))]
public sealed class GetSyncCollectionCommand : VaultCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Collection")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    protected override void Process()
    {
        var open = Open();
        var names = open.Vault.CollectionNames();
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                var found = NamePattern.Select(names, n => n, name);
                // One that has nothing yet has the default policy, which is worth knowing.
                if (found.Count == 0 && !NamePattern.HasWildcards(name)) found = [Engine.Vaults.ItemName.Check(NamePattern.Unescaped(name))];
                foreach (string collection in found) WriteObject(CollectionObjects.Of(open, collection));
            });
        }
    }
}
