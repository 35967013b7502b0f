using System.Management.Automation;
using SyncModule.Commands.Names;
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

    /// <summary>With everything under the name and a /, in one small operation.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Process()
    {
        var open = Open();
        if (_open is not null && (!ReferenceEquals(_open, open) || _collection != Collection)) Flush();
        (_open, _collection) = (open, Collection);
        if (Recurse)
        {
            foreach (string name in Name) Try(name, () => RemoveTree(open, name));
            return;
        }

        foreach (var item in Named(open, Name))
        {
            if (!ShouldProcess($"{item.Key} in vault {open.Name}", "Remove item")) continue;
            _names.Add(item.Key);
            if (_names.Count >= MostAtOnce) Flush();
        }
    }

    protected override void End() => Flush();

    // A name means just this one here: a whole tree is no thing to guess about.
    private void RemoveTree(OpenVault open, string name)
    {
        if (NamePattern.HasWildcards(name) && open.View.Find(Collection, name) is null) throw SyncErrors.UsageWrong.With($"-Recurse takes everything under a name; '{name}' is a pattern");
        string key = NamePattern.Unescaped(name) is var plain && plain.Length > 1 && plain.EndsWith('/') ? plain[..^1] : plain;
        var gone = open.View.ItemsOf(Collection, fits: k => k == key || k.StartsWith(key + "/", StringComparison.Ordinal)).Select(i => i.Key).ToList();
        if (gone.Count == 0) throw SyncErrors.ItemNotFound.With($"There is no item '{key}' and none under it");
        if (!ShouldProcess($"{key} in vault {open.Name}", gone.Count == 1 ? "Remove 1 item" : $"Remove {gone.Count} items")) return;
        if (open.Transaction is { } transaction) transaction.DeleteTree(Collection, key);
        else
        {
            using var own = open.Vault.Begin();
            own.DeleteTree(Collection, key);
            own.Commit();
        }

        foreach (string item in PassThru ? gone : [])
        {
            if (open.View.Find(Collection, item) is { } deleted) WriteObject(ItemObjects.Of(open, deleted));
        }
    }

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
