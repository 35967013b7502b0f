using System.Text.Json.Nodes;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Fields of items that never leave this device: what a collection says of them is synced, their values are rows of local.db, sealed like its others. Reads show
/// them in their place; no state, digest, version or copy holds them (docs/decisions/103).
/// </summary>
internal sealed class LocalFields(Vault vault)
{
    private volatile bool _isUnsure;

    /// <summary>JSON of one item's local fields; the file is small and synced at each change.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Local fields of an item by JSON pointer; none where it has none.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.LocalStateDamaged"/>.</exception>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Of(string collection, string key)
    {
        using var transaction = vault.Local.Begin(write: false);
        return Read(transaction, KeyOf(collection, key));
    }

    /// <summary>Makes changes that go with no commit, all or none.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public void Change(IReadOnlyList<LocalChange> changes)
    {
        if (changes.Count == 0) return;
        using var transaction = vault.Local.Begin(write: true);
        Apply(transaction, changes);
        transaction.Commit();
    }

    /// <summary>
    /// Makes changes that go with a commit: they are noted before it, and count as soon as it is in the log. So neither an end of the process in between nor a commit
    /// that is refused leaves one part without the other (<see cref="FieldJournal"/>).
    /// </summary>
    /// <param name="changes">Nothing is noted where there are none.</param>
    /// <param name="commit">Throws where there is no commit.</param>
    /// <param name="counts">Which of them count, as the commit turned out; null = all.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueTooLarge"/>, before the commit.</exception>
    public T With<T>(IReadOnlyList<LocalChange> changes, Func<T> commit, Func<T, LocalChange, bool>? counts = null)
    {
        if (changes.Count == 0) return commit();
        if (_isUnsure)
        {
            vault.UpdateIndex();
            FieldJournal.Finish(vault);
            _isUnsure = false;
        }

        using (var trial = vault.Local.Begin(write: true)) Apply(trial, changes); // and back
        using var entry = FieldJournal.Note(vault, changes);
        T result;
        try
        {
            result = commit();
        }
        catch (SyncException e)
        {
            // Whether it came is known where the disk did what it was told; else the log is asked, by the next change or the next process.
            if (e.Kind == SyncErrors.DiskFailed) _isUnsure = true;
            else entry.Forget();
            throw;
        }

        // Whoever opens the vault may have done it meanwhile, where this process was taken for dead.
        using var transaction = vault.Local.Begin(write: true);
        if (entry.Take(transaction)) Apply(transaction, counts is null ? changes : [.. changes.Where(c => counts(result, c))]);
        transaction.Commit();
        return result;
    }

    /// <summary>True when no item has any.</summary>
    public bool IsEmpty()
    {
        using var look = vault.Local.Begin(write: false);
        return !look.Scan(LocalTables.Field).Any();
    }

    /// <summary>Makes changes within a transaction of local.db.</summary>
    internal void Apply(ITableTransaction transaction, IReadOnlyList<LocalChange> changes)
    {
        foreach (var change in changes)
        {
            byte[] row = KeyOf(change.Collection, change.Key);
            var old = Read(transaction, row);
            var fields = change.Over(old);
            if (fields.Count == 0) transaction.Delete(LocalTables.Field, row);
            else transaction.Put(LocalTables.Field, row, vault.LocalSealer.Seal(LocalTables.Field, row, Encode(fields)));
        }
    }

    /// <summary>Puts them into what an object shows.</summary>
    public void AddTo(JsonObject shown, string collection, string key)
    {
        var fields = Of(collection, key);
        foreach (var (path, json) in fields) StructuredItem.Set(shown, path, JsonNode.Parse(json.Span));
        if (fields.Count > 0) StructuredItem.SortNames(shown);
    }

    private Dictionary<string, ReadOnlyMemory<byte>> Read(ITableTransaction transaction, byte[] row) =>
        transaction.Get(LocalTables.Field, row) is { } sealedRow ? Decode(vault.LocalSealer.Open(LocalTables.Field, row, sealedRow)) : new(StringComparer.Ordinal);

    private byte[] KeyOf(string collection, string key) => vault.Keys.LocalTag(collection, key).ToArray();

    private static byte[] Encode(SortedDictionary<string, ReadOnlyMemory<byte>> fields)
    {
        var writer = new CborWriter();
        writer.WriteArray(2);
        writer.WriteUInt(1);
        writer.WriteArray(fields.Count);
        foreach (var (path, json) in fields)
        {
            writer.WriteArray(2);
            writer.WriteText(path);
            writer.WriteBytes(json.Span);
        }

        return writer.ToArray();
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(2);
        if (reader.ReadUInt() != 1) throw SyncErrors.LocalStateDamaged.With("A row of local fields has an unknown shape");
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        for (int count = reader.ReadArray(MaxBytes); count > 0; count--)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(Operation.MaxNameBytes);
            fields[path] = reader.ReadBytes(MaxBytes).ToArray();
        }

        reader.Finish();
        return fields;
    }
}
