using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Policies of collections: how versions that compete are shown, and what may be written (docs/decisions/086).</summary>
public sealed partial class Vault
{
    /// <summary>The policy of a collection; the default where nothing was said.</summary>
    public CollectionPolicy PolicyOf(string collection)
    {
        string c = ItemName.Check(collection);
        return Read(rows => Collections(rows).PolicyOf(c));
    }

    /// <summary>Collections that have items, deleted ones too, or of which something was said; in ordinal order.</summary>
    public IReadOnlyList<string> CollectionNames() => Read(rows => (IReadOnlyList<string>)
        [.. new ItemList(rows, _context.MayUseThreads, Collections(rows)).Collections.Union(Collections(rows).All.Select(s => s.Collection), StringComparer.Ordinal).Where(c => c != DevicesCollection).Order(StringComparer.Ordinal)]);

    /// <summary>Changes settings of a collection in one operation; gives whether anything had to be changed. See <see cref="PolicyChange"/>.</summary>
    public bool SetPolicy(string collection, PolicyChange change)
    {
        string c = ItemName.Check(collection);
        var settings = change.Settings(this);
        if (change.Derived == true) RefuseItems(c);
        var intent = new ItemIntent(c, "", _ => null) { BuildAll = (state, _) => CollectionPolicy.Write(state, c, settings) is { } operation ? [operation] : [] };
        bool changed = Commit([new([intent], [])])[0].Dots[0] is not null;
        if (change.Derived == false) _context.Derived.Forget(c);
        return changed;
    }

    /// <summary>
    /// A person's decision among settings that two devices set at once: wherever that version competes, what it says is set again. Settings are decided by setting
    /// them, for the order alone says which policy a policy shows under.
    /// </summary>
    /// <param name="collection">Whose settings.</param>
    /// <param name="versionId">The beginning of a version's id, as merge records show it.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.NothingToResolve"/>, <see cref="SyncErrors.VersionNotFound"/>.</exception>
    public CommitResult ResolveSettings(string collection, string versionId)
    {
        string c = ItemName.Check(collection);
        var open = FindCollection(c)?.Cells.Where(cell => cell.IsOpen).ToList() ?? [];
        if (open.Count == 0) throw SyncErrors.NothingToResolve.With($"No two settings of the collection {c} compete");
        var chosen = open.SelectMany(cell => cell.Heads.Select(h => h.Dot)).Distinct().Where(d => VersionId.Of(d).StartsWith(versionId, StringComparison.OrdinalIgnoreCase)).ToList();
        if (versionId.Length < 4 || chosen.Count != 1) throw SyncErrors.VersionNotFound.With($"No setting of the collection {c} that competes has the version '{versionId}'");
        return Commit([new([new ItemIntent(c, "", _ => null) { BuildAll = (state, _) => CollectionPolicy.Choose(state, c, chosen[0]) is { } operation ? [operation] : [] }], [])])[0];
    }

    /// <summary>Throws when <see cref="SetPolicy"/> would refuse the change.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.PolicyInvalid"/>, <see cref="SyncErrors.CollectionHasItems"/>.</exception>
    public void CheckPolicy(string collection, PolicyChange change)
    {
        change.Settings(this);
        if (change.Derived == true) RefuseItems(ItemName.Check(collection));
    }

    /// <summary>Items whose versions wait for a person: those of a manual policy alone.</summary>
    public int Conflicts() => Read(rows =>
    {
        var collections = Collections(rows);
        if (!collections.MayWait) return 0;
        int count = 0;
        foreach (var (tag, _) in rows.Transaction.Scan(IndexTables.Open))
        {
            if (rows.Item(new Id16(tag)) is { } item && collections.Mask(item).IsWaiting) count++;
        }

        return count;
    });

    /// <summary>Throws when a person has to decide first which version of the item stands.</summary>
    /// <param name="item">As it shows.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ConflictWaits"/>.</exception>
    public void CheckDecided(KeyState item)
    {
        if (item.IsWaiting) throw WriteRules.Waits(item, DeviceName);
    }
}
