using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Changes of parts of items within a transaction: fields, counters and sets. Reading shows them; see <see cref="ItemDraft"/> for how several come together.</summary>
public sealed partial class VaultTransaction
{
    private readonly WritePoint _point;

    /// <inheritdoc cref="Vault.PutObject(string, string, ReadOnlyMemory{byte}, Metadata?, bool)"/>
    public void PutObject(string collection, string key, ReadOnlyMemory<byte> json, Func<KeyState?, Metadata?>? metadata = null, bool overwrite = false)
    {
        var entry = EntryOf(collection, key);
        var leaves = StructuredArguments.Leaves(json);
        var values = StructuredArguments.Store(new(_context, _sink), leaves);
        Change(entry, StructuredIntent.Whole(entry.Collection, entry.Key, leaves, values, metadata ?? (_ => null)), overwrite);
    }

    /// <inheritdoc cref="Vault.Patch"/>
    public void Patch(string collection, string key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, Metadata? metadata = null, bool overwrite = false)
    {
        var entry = EntryOf(collection, key);
        var values = StructuredArguments.Store(new(_context, _sink), changes);
        Change(entry, StructuredIntent.Patch(entry.Collection, entry.Key, values, _ => metadata, PlainOf(entry)), overwrite);
    }

    /// <inheritdoc cref="Vault.Increment"/>
    public void Increment(string collection, string key, IReadOnlyList<Increment> increments)
    {
        StructuredArguments.Check(increments);
        var entry = EntryOf(collection, key);
        Change(entry, StructuredIntent.Increment(entry.Collection, entry.Key, increments, PlainOf(entry)));
    }

    /// <inheritdoc cref="Vault.SetCounter"/>
    public void SetCounter(string collection, string key, string path, long number)
    {
        StructuredArguments.Check(path, number);
        var entry = EntryOf(collection, key);
        Change(entry, StructuredIntent.SetCounter(entry.Collection, entry.Key, path, number, PlainOf(entry)));
    }

    /// <inheritdoc cref="Vault.ChangeSet"/>
    public void ChangeSet(string collection, string key, string path, IReadOnlyList<ReadOnlyMemory<byte>> added, IReadOnlyList<ReadOnlyMemory<byte>> removed)
    {
        StructuredArguments.CheckPath(path);
        (added, removed) = (StructuredArguments.Elements(added), StructuredArguments.Elements(removed));
        var entry = EntryOf(collection, key);
        Change(entry, StructuredIntent.Elements(entry.Collection, entry.Key, path, added, removed, PlainOf(entry)));
    }

    private void Change(Entry entry, ItemIntent intent, bool overwrite = false) => Change(entry, intent.BuildAll!(entry.State, _point), overwrite);

    private void Change(Entry entry, IReadOnlyList<Operation> operations, bool overwrite = false)
    {
        if (operations.Count > 0) Set(entry, entry.Draft.With(operations), overwrite);
    }

    // The fields of a value that stands as one piece, for it may be the object whose field is meant.
    private PlainValue? PlainOf(Entry entry)
    {
        if (entry.State is not { IsAlive: true, Item: { First: { Value: { } value } head } }) return null;
        var leaves = StructuredItem.LeavesOf(Vault.Whole(this, value));
        return new(head.Dot, leaves is null ? null : StructuredArguments.Store(new(_context, _sink), leaves));
    }
}
