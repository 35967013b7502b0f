using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Items;

/// <summary>A cmdlet on items of one collection.</summary>
public abstract class ItemCmdlet : VaultCmdlet
{
    public const string DefaultCollection = "items";

    private readonly Dictionary<(string Vault, string Collection, bool Deleted), ItemSelection> _selections = [];
    private readonly Dictionary<string, OpenVault> _past = new(StringComparer.Ordinal);

    /// <summary>
    /// <para type="description">The collection that the items belong to.</para>
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public virtual string Collection { get; set; } = DefaultCollection;

    /// <summary>The same vault as it was; now, where no time is given.</summary>
    private protected OpenVault AsOf(OpenVault open, DateTime? time)
    {
        if (time is not { } then) return open;
        if (!_past.TryGetValue(open.Known.Path, out var past)) _past[open.Known.Path] = past = open with { Past = open.Vault.At(new DateTimeOffset(then.ToUniversalTime())) };
        return past;
    }

    /// <summary>The items of these names; a name that is not there is an error of its own and the others go on.</summary>
    private protected IEnumerable<KeyState> Named(OpenVault open, IEnumerable<string> names, bool deleted = false) => Named(open, names, deleted, found => found);

    /// <summary>The same as objects to show, of a long list made ahead.</summary>
    private protected IEnumerable<SyncItem> Shown(OpenVault open, IEnumerable<string> names, bool deleted) =>
        Named(open, names, deleted, found => MadeAhead.Of(found, new ItemObjects(open).Of));

    private IEnumerable<T> Named<T>(OpenVault open, IEnumerable<string> names, bool deleted, Func<IEnumerable<KeyState>, IEnumerable<T>> shape)
    {
        // The list of all names is read once for a whole pipeline.
        var key = (open.Known.Path, Collection, deleted);
        if (!_selections.TryGetValue(key, out var selection)) _selections[key] = selection = new ItemSelection(open.View, Collection, deleted);
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
