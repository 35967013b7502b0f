using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Items;

/// <summary>A cmdlet on items of one collection.</summary>
public abstract class ItemCmdlet : VaultCmdlet
{
    public const string DefaultCollection = "items";

    private readonly Dictionary<(string Vault, string Collection, bool Deleted), ItemSelection> _selections = [];

    /// <summary>
    /// <para type="description">The collection that the items belong to.</para>
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string Collection { get; set; } = DefaultCollection;

    /// <summary>The items of these names; a name that is not there is an error of its own and the others go on.</summary>
    private protected IEnumerable<KeyState> Named(OpenVault open, IEnumerable<string> names, bool deleted = false) => Named(open, names, deleted, found => found);

    /// <summary>The same as objects to show, of a long list made ahead.</summary>
    private protected IEnumerable<SyncItem> Shown(OpenVault open, IEnumerable<string> names, bool deleted) =>
        Named(open, names, deleted, found => MadeAhead.Of(found, item => ItemObjects.Of(open, item)));

    private IEnumerable<T> Named<T>(OpenVault open, IEnumerable<string> names, bool deleted, Func<IEnumerable<KeyState>, IEnumerable<T>> shape)
    {
        // The list of all names is read once for a whole pipeline.
        var key = (open.Known.Path, Collection, deleted);
        if (!_selections.TryGetValue(key, out var selection)) _selections[key] = selection = new ItemSelection(open.Vault, Collection, deleted);
        foreach (string name in names)
        {
            IEnumerable<KeyState> found = [];
            Try(name, () => found = selection.Find(name));
            foreach (var item in shape(found))
            {
                StopToken.ThrowIfCancellationRequested();
                yield return item;
            }
        }
    }
}
