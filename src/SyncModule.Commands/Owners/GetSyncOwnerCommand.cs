using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Owners;

/// <summary>Get-SyncOwner: which device owns what, and what others wrote that does not count.</summary>
[Cmdlet(VerbsCommon.Get, "SyncOwner", DefaultParameterSetName = OwnerSet)]
[OutputType(typeof(SyncOwner), ParameterSetName = [OwnerSet])]
[OutputType(typeof(SyncRefusedWrite), ParameterSetName = [RefusedSet])]
public sealed class GetSyncOwnerCommand : VaultCmdlet
{
    private const string OwnerSet = "Owner", RefusedSet = "Refused";

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string[] Collection { get; set; } = ["*"];

    /// <summary>Of these records alone, as they were named when they got an owner.</summary>
    [Parameter(Position = 1, ParameterSetName = OwnerSet)]
    [SupportsWildcards]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Unit { get; set; } = ["*"];

    /// <summary>What devices wrote that did not own the item: kept as evidence, and counted again when the chain of owners turns out otherwise.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RefusedSet)]
    public SwitchParameter Refused { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        var open = Open();
        var names = open.Vault.CollectionNames();
        var writes = Refused ? open.Vault.RefusedWrites() : [];
        foreach (string name in Collection)
        {
            Try(name, () =>
            {
                foreach (string collection in NamePattern.Select(names, n => n, name))
                {
                    if (Refused) WriteObject(writes.Where(w => w.Operation.Collection == collection).Select(w => OwnerObjects.Of(open, w)), enumerateCollection: true);
                    else Write([.. OwnerObjects.Of(open, collection)]);
                }
            });
        }
    }

    private void Write(IReadOnlyList<SyncOwner> owners)
    {
        foreach (string unit in Unit) WriteObject(unit == "*" ? owners : NamePattern.Select(owners, o => o.Unit, unit), enumerateCollection: true);
    }
}
