using System.Management.Automation;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Remove-SyncItem: deletes items. Their versions stay in the history and can be restored.</summary>
[Cmdlet(VerbsCommon.Remove, "SyncItem", SupportsShouldProcess = true)]
[OutputType(typeof(SyncItem))]
public sealed class RemoveSyncItemCommand : ItemCmdlet
{
    private const int MostAtOnce = 1000;

    private readonly List<string> _names = [];
    private OpenVault? _open;
    private string _collection = DefaultCollection;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Process()
    {
        var open = Open();
        if (_open is not null && (!ReferenceEquals(_open, open) || _collection != Collection)) Flush();
        (_open, _collection) = (open, Collection);
        foreach (var item in Named(open, Name))
        {
            if (!ShouldProcess($"{item.Key} in vault {open.Name}", "Remove item")) continue;
            _names.Add(item.Key);
            if (_names.Count >= MostAtOnce) Flush();
        }
    }

    protected override void End() => Flush();

    // Many names of one pipeline become one commit, which is durable as a whole.
    private void Flush()
    {
        if (_open is null || _names.Count == 0) return;
        if (_open.Transaction is { } transaction) _names.ForEach(n => transaction.Delete(_collection, n));
        else _open.Vault.Delete(_collection, _names);
        if (PassThru)
        {
            foreach (string name in _names.Distinct(StringComparer.Ordinal))
            {
                if (_open.View.Find(_collection, name) is { } item) WriteObject(ItemObjects.Of(_open, item));
            }
        }

        _names.Clear();
    }
}
