using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Trees that go and units that get an owner within a transaction. Both are said of the collection. They take no part in an atomic commit: that is void where
/// one of its writes is refused, and what was said of a collection stands whatever becomes of the rest (docs/decisions/100).
/// </summary>
public sealed partial class VaultTransaction
{
    private readonly SortedDictionary<string, CollectionDraft> _collectionDrafts = new(StringComparer.Ordinal);
    private CollectionStates _states; // with the trees of this transaction

    // What is said of one collection.
    private sealed class CollectionDraft
    {
        public List<Operation> Trees { get; } = [];

        /// <summary>By unit; made under the append lock, for what an owner has seen is everything that is there then.</summary>
        public SortedDictionary<string, ItemIntent> Owners { get; } = new(StringComparer.Ordinal);

        public ItemIntent Intent(string collection) => new(collection, "", _ => null) { BuildAll = (state, point) => [.. Trees, .. Owners.Values.SelectMany(o => o.BuildAll!(state, point))] };
    }

    /// <summary>
    /// An item and everything under its name and a slash goes, in one small operation however much that is. What somebody else writes there meanwhile
    /// stays; what this transaction writes there later too.
    /// </summary>
    /// <returns>How many items went; 0: there was nothing.</returns>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotOwner"/>: something of it belongs to another device, on which nothing is deleted from here; <see cref="SyncErrors.NotInTransaction"/>: it is atomic.</exception>
    public int DeleteTree(string collection, string key)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        string c = ItemName.Check(collection), prefix = ItemName.Check(key) + "/";
        RefuseAtomic("a whole tree is deleted");
        _vault.RefuseDerived(c, "nothing of it is deleted");
        int count = 0;
        foreach (var item in ItemsOf(c, fits: k => k.StartsWith(prefix, StringComparison.Ordinal)))
        {
            CheckOwner(c, item.Key);
            count++;
        }

        if (count > 0) RemoveTree(c, ItemName.Check(prefix));
        return Delete(c, key) ? count + 1 : count;
    }

    /// <summary>See <see cref="Vault.Own"/>. Nothing of the unit can be changed by the same transaction: a write names the owner that it is written under.</summary>
    /// <returns>Whether it changes anything.</returns>
    /// <exception cref="SyncException">Those of <see cref="Vault.Own"/>; <see cref="SyncErrors.NotInTransaction"/>.</exception>
    public bool Own(string collection, string unit = "", DeviceId? to = null)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        RefuseAtomic("an owner is named");
        var intent = _vault.OwnIntent(collection, unit, to);
        if (_written.Find(e => e.IsWritten && e.Collection == intent.Collection && Generation.Covers(unit, e.Key)) is { } written) throw OwnedWith(written.Key);
        var operations = intent.BuildAll!(null, _point);
        if (operations.Count == 0) return false;
        if (!(_collectionDrafts.GetValueOrDefault(intent.Collection)?.Owners.ContainsKey(unit) ?? false)) _size.Add(intent.Collection, 1, operations.Sum(CommitBuilder.LargestSize), unit);
        DraftOf(intent.Collection).Owners[unit] = intent;
        return true;
    }

    private void RemoveTree(string collection, string prefix)
    {
        var operation = StructuredIntent.RemoveTree(collection, prefix).BuildAll!(null, _point)[0];
        _size.Add(collection, 1, CommitBuilder.LargestSize(operation), prefix);
        DraftOf(collection).Trees.Add(operation);
        _states = _vault.With(_states, Folding.Apply(_states.Of(collection), operation, Origin(int.MaxValue - DraftOf(collection).Trees.Count)));
        foreach (var entry in _entries.Values.Where(e => e.Collection == collection && e.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _size.Add(collection, -entry.Operations.Count, -entry.Operations.Sum(CommitBuilder.LargestSize), entry.Key);
            entry.Start = Shown(entry.Start);
            (entry.Draft, entry.Operations) = (new(entry.Start, entry.Collection, entry.Key), []);
            Show(entry);
        }
    }

    // The item as it shows under what was said of its collection when the transaction began, and the trees that it took itself.
    private KeyState? Shown(KeyState? item) => item is null ? null : _states.Mask(item.Folded);

    private bool HasTrees(string collection) => _collectionDrafts.GetValueOrDefault(collection) is { Trees.Count: > 0 };

    private CollectionDraft DraftOf(string collection)
    {
        if (!_collectionDrafts.TryGetValue(collection, out var draft)) _collectionDrafts[collection] = draft = new();
        return draft;
    }

    private void CheckOwner(string collection, string key)
    {
        if (_collectionsBefore.OwnersOf(collection).Of(key) is { } generation && generation.Owner != _vault.Device) throw SyncErrors.NotOwner.With($"'{key}' in {collection} belongs to {_context.NameOf(generation.Owner)}");
        if (_collectionDrafts.GetValueOrDefault(collection)?.Owners.Keys.FirstOrDefault(unit => Generation.Covers(unit, key)) is not null) throw OwnedWith(key);
    }

    private void RefuseAtomic(string what)
    {
        if (_atomic) throw SyncErrors.NotInTransaction.With($"The transaction is atomic, and in such a one {what} only by itself");
    }

    private static SyncException OwnedWith(string key) => SyncErrors.NotInTransaction.With($"'{key}' gets an owner and is changed in one transaction: a change names the owner that it is made under");
}
