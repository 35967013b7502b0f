using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of a transaction.</summary>
/// <param name="Commit">Its commit; null where it changed nothing.</param>
/// <param name="Puts">Items that were written.</param>
/// <param name="Deletes">Items that were deleted.</param>
public sealed record TransactionResult(CommitId? Commit, int Puts, int Deletes)
{
    public int Operations => Puts + Deletes;
}

/// <summary>
/// Changes of any items of a vault that become one commit, which every replica sees whole or not at all. Read through it, the vault looks as
/// the transaction would leave it. Of several changes of one item the last stands: one commit holds one operation an item.
/// <para>A change replaces what stood when the transaction first wrote the item or read it by name. What somebody else writes meanwhile is
/// not overwritten: it competes in sight, as with any two devices (docs/decisions/080).</para>
/// <para>Values over 4 KiB are sealed and, where they do not fit beside the commit, stored at once; without the commit nothing names them.
/// One thread at a time.</para>
/// </summary>
public sealed class VaultTransaction : IItemView, IDisposable
{
    /// <summary>Changes in one commit.</summary>
    public const int MostOperations = Dot.BlockStride;

    /// <summary>Collections in one commit.</summary>
    public const int MostCollections = Dot.MaxBlocks;

    private readonly VaultContext _context;
    private readonly Vault _vault;
    private readonly bool _atomic;
    private readonly ObjectSink _sink;
    private readonly Dictionary<(string Collection, string Key), Entry> _entries = [];
    private readonly List<Entry> _written = []; // its place is the index of the dot under which the transaction shows it
    private readonly Dictionary<string, int> _collections = new(StringComparer.Ordinal); // changes in each
    private long _bytes;
    private int _operations;
    private bool _ended;

    internal VaultTransaction(VaultContext context, Vault vault, bool atomic) => (_context, _vault, _atomic, _sink) = (context, vault, atomic, vault.NewSink());

    // An item that was read by name or written.
    private sealed class Entry(string collection, string key, KeyState? start)
    {
        public string Collection { get; } = collection;

        public string Key { get; } = key;

        /// <summary>What stood when the transaction met it.</summary>
        public KeyState? Start { get; } = start;

        public Operation? Operation { get; set; }

        /// <summary>See <see cref="ItemIntent.Overwrites"/>.</summary>
        public bool Overwrites { get; set; }

        public int Place { get; set; } = -1;

        /// <summary>As the transaction shows it.</summary>
        public KeyState? State { get; set; } = start;
    }

    /// <summary>Changes so far, one an item.</summary>
    public int Operations => _operations;

    /// <summary>Reads many items of a collection at once, for who is going to change them: one look into the index instead of one for each.</summary>
    public void Meet(string collection, IEnumerable<string> keys)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        string c = ItemName.Check(collection);
        var unknown = keys.Select(ItemName.Check).Distinct(StringComparer.Ordinal).Where(k => !_entries.ContainsKey((c, k))).ToList();
        foreach (var (key, state) in unknown.Zip(_vault.FindAll(c, unknown))) _entries[(c, key)] = new(c, key, state);
    }

    /// <summary>Stores a value. Objects of a long one are sealed now.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.TransactionTooLarge"/>, <see cref="SyncErrors.TooManyVersions"/>, <see cref="SyncErrors.NameInvalid"/>; the transaction is as before.</exception>
    public void Put(string collection, string key, Stream source, Metadata? metadata = null)
    {
        var entry = EntryOf(collection, key);
        var (value, content) = new ValueWriter(_context, _sink).Write(source);
        Set(entry, Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: metadata, content: content));
    }

    /// <inheritdoc cref="Put(string, string, Stream, Metadata?)"/>
    public void Put(string collection, PutValue put)
    {
        var entry = EntryOf(collection, put.Key);
        var (value, content) = new ValueWriter(_context, _sink).Write(put.Bytes.Span);
        var metadata = put.MetadataOf is { } metadataOf ? metadataOf(entry.State) : put.Metadata;
        entry.Overwrites |= put.Overwrite;
        Set(entry, Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: metadata, content: content));
    }

    /// <summary>Other metadata for the value that stands.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ItemNotFound"/>, and those of <see cref="Put(string, string, Stream, Metadata?)"/>.</exception>
    public void SetMetadata(string collection, string key, Metadata metadata)
    {
        var entry = EntryOf(collection, key);
        if (entry.State is not null && StructuredItem.IsStructured(entry.State))
        {
            Set(entry, entry.Operation is { } fields ? fields with { Metadata = metadata } : StructuredWrites.Patch(entry.Start, entry.Collection, entry.Key, new Dictionary<string, ItemValue?>(StringComparer.Ordinal), metadata));
            return;
        }

        if (entry.State is null || View.Of(entry.State) is not { Status: ItemStatus.Item, Winner: { Value: { } value } head }) throw SyncErrors.ItemNotFound.With($"There is no item '{key}'");
        var operation = entry.Operation is { } own ? own with { Metadata = metadata } : Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: metadata, content: head.Content);
        Set(entry, operation);
    }

    /// <summary>Deletes an item; false when there is none. One that only the transaction has written is as if it had not.</summary>
    public bool Delete(string collection, string key)
    {
        var entry = EntryOf(collection, key);
        if (entry.State is null || View.Of(entry.State).Status != ItemStatus.Item) return false;
        bool wasThere = entry.Start is not null && View.Of(entry.Start).Status == ItemStatus.Item;
        Set(entry, wasThere ? Writes.Delete(entry.Start!) : null);
        return true;
    }

    /// <summary>Writes an old version's value and metadata as a new version.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VersionNotFound"/>, and those of <see cref="Put(string, string, Stream, Metadata?)"/>.</exception>
    public void Restore(string collection, string key, string versionId)
    {
        var old = _vault.FindVersion(collection, key, versionId).Operation;
        var value = Vault.ValueOf(old, versionId);
        var entry = EntryOf(collection, key);
        Set(entry, Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: old.Metadata, content: old.Content));
    }

    /// <summary>Writes a copy of an item; see <see cref="ItemCopier"/>.</summary>
    internal CopyOutcome Copy(string collection, string key, Func<ValueWriter, ItemContent> read)
    {
        var entry = EntryOf(collection, key);
        // One commit has one operation an item: both versions cannot be kept, and a copy never overwrites.
        if (entry.Operation is not null) throw SyncErrors.NotInTransaction.With($"This transaction has written '{key}' itself, and a copy never overwrites");
        var (operation, outcome) = read(new(_context, _sink)).Over(entry.Start, entry.Collection, entry.Key);
        if (operation is not null) Set(entry, operation);
        return outcome;
    }

    /// <summary>Ends it: durable as one commit when this returns. Where it throws, nothing was changed; it cannot be tried again.</summary>
    public TransactionResult Commit()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _ended = true;
        var made = _written.Where(e => e.Operation is not null).ToList();
        if (made.Count == 0) return new(null, 0, 0);
        _sink.Complete();
        var job = new CommitJob([.. made.Select(e => new ItemIntent(e.Collection, e.Key, _ => e.Operation) { Overwrites = e.Overwrites })], _sink.SmallObjects, _atomic) { OneCommit = true };
        var commit = _vault.Commit([job])[0].Commits[0];
        _sink.Remember();
        int deletes = made.Count(e => e.Operation!.Kind == OperationKind.Delete);
        return new(commit, made.Count - deletes, deletes);
    }

    /// <inheritdoc/>
    public KeyState? Find(string collection, string key) => EntryOf(collection, key).State;

    /// <inheritdoc/>
    public IEnumerable<KeyState> ItemsOf(string collection, bool deleted = false, Func<string, bool>? fits = null)
    {
        var own = _written.Where(e => e.Operation is not null && e.Collection == collection && (fits is null || fits(e.Key))).Select(e => e.State!).ToList();
        own.Sort(ItemName.Compare);
        int next = 0;
        foreach (var item in _vault.ItemsOf(collection, deleted, fits))
        {
            int order = 1;
            for (; next < own.Count && (order = ItemName.Compare(own[next], item)) <= 0; next++)
            {
                if (deleted || own[next].IsAlive) yield return own[next];
                if (order == 0) break;
            }

            if (order == 0) next++;
            else yield return item;
        }

        for (; next < own.Count; next++)
        {
            if (deleted || own[next].IsAlive) yield return own[next];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<byte[]> ReadValue(ItemValue value)
    {
        if (value.Source is { Commit.IsZero: true } own) value = _written[own.Index].Operation?.WholeOf(value) ?? throw SyncErrors.ContentNotHere.With($"The transaction has written '{_written[own.Index].Key}' again meanwhile");
        return value.Reference is null ? _vault.ReadValue(value) : Values().Read(value);
    }

    /// <inheritdoc/>
    public bool IsHere(ItemValue value) => value.Reference is null || _vault.IsHere(value) || Values().IsComplete(value);

    public void Dispose()
    {
        _ended = true;
        _sink.Dispose();
    }

    private Entry EntryOf(string collection, string key)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        var name = (ItemName.Check(collection), ItemName.Check(key));
        if (!_entries.TryGetValue(name, out var entry)) _entries[name] = entry = new(name.Item1, name.Item2, _vault.Find(name.Item1, name.Item2));
        return entry;
    }

    // All checks come before the first change: what is refused leaves the transaction as it was.
    private void Set(Entry entry, Operation? operation)
    {
        if (operation is not null && entry.Start is { MostHeads: > KeyState.MaxHeads }) throw SyncErrors.TooManyVersions.With($"'{entry.Key}' has {entry.Start.MostHeads} versions that compete");
        int change = (operation is null ? 0 : 1) - (entry.Operation is null ? 0 : 1);
        long bytes = _bytes + SizeOf(operation) - SizeOf(entry.Operation);
        int inCollection = _collections.GetValueOrDefault(entry.Collection) + change;
        int collections = _collections.Count + (change > 0 && inCollection == 1 ? 1 : 0);
        if (_operations + change > MostOperations || bytes > CommitBuilder.MaxWholeBytes || collections > MostCollections)
            throw SyncErrors.TransactionTooLarge.With($"With '{entry.Key}' it would have {_operations + change} changes of {bytes} bytes in {collections} collections; one commit takes {MostOperations} of {CommitBuilder.MaxWholeBytes} bytes in {MostCollections}");
        if (inCollection > 0) _collections[entry.Collection] = inCollection;
        else _collections.Remove(entry.Collection);
        (_operations, _bytes) = (_operations + change, bytes);
        if (entry.Place < 0)
        {
            entry.Place = _written.Count;
            _written.Add(entry);
        }

        entry.Operation = operation;
        // What went with a tree is replaced below it, in the state that was folded.
        entry.State = operation is null ? entry.Start : Folding.Apply(entry.Start?.Folded, operation, Origin(entry.Place));
    }

    // A dot of no commit: nobody takes it for a version, and with it the bytes of a value are found that a state does not repeat.
    private OperationOrigin Origin(int place) => new(new Dot(default, place), HybridTimestamp.FromMilliseconds(_context.NowMilliseconds()), _vault.Device, default, 1);

    private static long SizeOf(Operation? operation) => operation is null ? 0 : CommitBuilder.LargestSize(operation);

    private ValueReader Values() => new(_context, Locate, _sink.FindSmall);

    // What went into the transaction's pack is listed when somebody wants to read it.
    private ObjectLocation? Locate(ObjectAddress address)
    {
        if (_vault.Locate([address])[0] is { } known) return known;
        _sink.Complete();
        return _vault.Locate([address])[0];
    }
}
