using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Changes of parts of items within a transaction: fields, counters and sets. Reading shows them; see <see cref="ItemDraft"/> for how several come together.</summary>
public sealed partial class VaultTransaction
{
    private readonly WritePoint _point;
    private readonly List<LocalChange> _local = []; // in their order
    private bool? _hasLocal;

    /// <inheritdoc cref="Vault.PutObject(string, string, ReadOnlyMemory{byte}, Metadata?, bool)"/>
    public void PutObject(string collection, string key, ReadOnlyMemory<byte> json, Func<KeyState?, Metadata?>? metadata = null, bool overwrite = false)
    {
        var entry = EntryOf(collection, key);
        var (leaves, local) = StructuredArguments.Apart(StructuredArguments.Leaves(json), PolicyOf(collection));
        var values = StructuredArguments.Store(new(_context, _sink), leaves);
        Change(entry, StructuredIntent.Whole(entry.Collection, entry.Key, leaves, values, metadata ?? (_ => null)), overwrite);
        Keep(entry, local, whole: true);
    }

    /// <inheritdoc cref="Vault.Patch"/>
    public void Patch(string collection, string key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, Metadata? metadata = null, bool overwrite = false)
    {
        var entry = EntryOf(collection, key);
        var (shared, local) = StructuredArguments.Apart(changes, PolicyOf(collection));
        var values = StructuredArguments.Store(new(_context, _sink), shared);
        bool isNews = local is null || shared.Count > 0 || metadata is not null || entry.State is null || !StructuredItem.IsStructured(entry.State);
        if (isNews) Change(entry, StructuredIntent.Patch(entry.Collection, entry.Key, values, _ => metadata, PlainOf(entry)), overwrite);
        Keep(entry, local, whole: false);
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

    // Fields that stay on this device go with the commit.
    private void Keep(Entry entry, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?>? local, bool whole)
    {
        if (local is not null) _local.Add(new(entry.Collection, entry.Key, local, whole));
    }

    // Also where it is written again: they were of what went.
    private void ForgetLocal(Entry entry)
    {
        _local.RemoveAll(l => l.Collection == entry.Collection && l.Key == entry.Key);
        if (_hasLocal ??= !_vault.Fields.IsEmpty()) Keep(entry, new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal), whole: true);
    }

    // As they will be.
    private void AddLocal(System.Text.Json.Nodes.JsonObject shown, string collection, string key)
    {
        if (!_local.Exists(l => l.Whole && l.Collection == collection && l.Key == key)) _vault.Fields.AddTo(shown, collection, key);
        foreach (var change in _local.Where(l => l.Collection == collection && l.Key == key))
        {
            foreach (var (path, json) in change.Fields)
            {
                if (json is { } value) StructuredItem.Set(shown, path, System.Text.Json.Nodes.JsonNode.Parse(value.Span));
                else StructuredItem.Remove(shown, path);
            }
        }

        StructuredItem.SortNames(shown);
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
