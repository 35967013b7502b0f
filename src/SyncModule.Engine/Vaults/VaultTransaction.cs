using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of a transaction.</summary>
/// <param name="Commit">Its commit; null where it changed nothing.</param>
/// <param name="Operations">Operations in the commit: one an item, and more where fields, counters and sets of one were changed.</param>
/// <param name="Puts">Items that were written, parts of them too.</param>
/// <param name="Deletes">Items that were deleted by name, not those of trees.</param>
public sealed record TransactionResult(CommitId? Commit, int Operations, int Puts, int Deletes);

/// <summary>
/// Changes of any items of a vault that become one commit, which every replica sees whole or not at all. Read through it, the vault looks as
/// the transaction would leave it. Of several changes of one item the last stands, and changes of its parts add up (docs/decisions/100).
/// <para>A change replaces what stood when the transaction first wrote the item or read it by name. What somebody else writes meanwhile is
/// not overwritten: it competes in sight, as with any two devices (docs/decisions/080).</para>
/// <para>Values over 4 KiB are sealed and, where they do not fit beside the commit, stored at once; without the commit nothing names them.
/// One thread at a time.</para>
/// </summary>
public sealed partial class VaultTransaction : IItemView, IDisposable
{
    /// <summary>Changes of one collection in one commit.</summary>
    public const int MostOperations = CommitSize.MostOperations;

    /// <summary>Collections in one commit.</summary>
    public const int MostCollections = CommitSize.MostCollections;

    private readonly VaultContext _context;
    private readonly Vault _vault;
    private readonly bool _atomic;
    private readonly ObjectSink _sink;
    private readonly Dictionary<(string Collection, string Key), Entry> _entries = [];
    private readonly List<Entry> _written = []; // its place is the index of the dot under which the transaction shows it
    private readonly CommitSize _size = new();
    private readonly CollectionStates _collectionsBefore;
    private bool _ended;

    internal VaultTransaction(VaultContext context, Vault vault, bool atomic)
    {
        (_context, _vault, _atomic, _sink) = (context, vault, atomic, vault.NewSink());
        _states = _collectionsBefore = vault.CollectionsNow();
        _point = new(vault.AppliedVector, name => _states.Of(name), name => _collectionsBefore.OwnersOf(name));
    }

    // An item that was read by name or written.
    private sealed class Entry(string collection, string key, KeyState? start)
    {
        public string Collection { get; } = collection;

        public string Key { get; } = key;

        /// <summary>What stood when the transaction met it, as it shows; what it took with a tree is deleted there.</summary>
        public KeyState? Start { get; set; } = start;

        public ItemDraft Draft { get; set; } = new(start, collection, key);

        /// <summary>Of the draft; none where nothing was changed.</summary>
        public IReadOnlyList<Operation> Operations { get; set; } = [];

        /// <summary>See <see cref="ItemIntent.Overwrites"/>.</summary>
        public bool Overwrites { get; set; }

        public int Place { get; set; } = -1;

        /// <summary>As the transaction shows it.</summary>
        public KeyState? State { get; set; } = start;

        public bool IsWritten => Operations.Count > 0;
    }

    /// <summary>The vault that it is of.</summary>
    public Vault Vault => _vault;

    /// <summary>Operations of the commit so far.</summary>
    public int Operations => _size.Operations;

    /// <summary>The policy of a collection when the transaction began.</summary>
    public CollectionPolicy PolicyOf(string collection) => _collectionsBefore.PolicyOf(ItemName.Check(collection));

    /// <summary>Reads many items of a collection at once, for who is going to change them: one look into the index instead of one for each.</summary>
    public void Meet(string collection, IEnumerable<string> keys)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        string c = ItemName.Check(collection);
        var unknown = keys.Select(ItemName.Check).Distinct(StringComparer.Ordinal).Where(k => !_entries.ContainsKey((c, k))).ToList();
        foreach (var (key, state) in unknown.Zip(_vault.FindAll(c, unknown))) _entries[(c, key)] = new(c, key, Shown(state));
    }

    /// <summary>Stores a value. Objects of a long one are sealed now.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.TransactionTooLarge"/>, <see cref="SyncErrors.TooManyVersions"/>, <see cref="SyncErrors.NameInvalid"/>; the transaction is as before.</exception>
    public void Put(string collection, string key, Stream source, Metadata? metadata = null)
    {
        var entry = EntryOf(collection, key);
        var (value, content) = new ValueWriter(_context, _sink).Write(source);
        Set(entry, Whole(entry, Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: metadata, content: content)));
    }

    /// <inheritdoc cref="Put(string, string, Stream, Metadata?)"/>
    public void Put(string collection, PutValue put)
    {
        var entry = EntryOf(collection, put.Key);
        var (value, content) = new ValueWriter(_context, _sink).Write(put.Bytes.Span);
        var metadata = put.MetadataOf is { } metadataOf ? metadataOf(entry.State) : put.Metadata;
        Set(entry, Whole(entry, Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: metadata, content: content)), put.Overwrite);
    }

    /// <summary>Other metadata for the value that stands.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ItemNotFound"/>, and those of <see cref="Put(string, string, Stream, Metadata?)"/>.</exception>
    public void SetMetadata(string collection, string key, Metadata metadata)
    {
        var entry = EntryOf(collection, key);
        if (entry.State is { IsWaiting: true }) throw WriteRules.Waits(entry.State, _context.NameOf);
        if (entry.State is not null && StructuredItem.IsStructured(entry.State))
        {
            Change(entry, [StructuredWrites.Patch(entry.State, entry.Collection, entry.Key, new Dictionary<string, ItemValue?>(StringComparer.Ordinal), metadata)], overwrite: true);
            return;
        }

        if (entry.State is null || View.Of(entry.State) is not { Status: ItemStatus.Item, Winner: { Value: { } value } head }) throw SyncErrors.ItemNotFound.With($"There is no item '{key}'");
        Set(entry, Whole(entry, entry.IsWritten ? entry.Operations[0] with { Metadata = metadata } : Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: metadata, content: head.Content)), overwrites: true);
    }

    /// <summary>Deletes an item; false when there is none. One that only the transaction has written is as if it had not.</summary>
    public bool Delete(string collection, string key)
    {
        var entry = EntryOf(collection, key);
        if (entry.State is null || View.Of(entry.State).Status != ItemStatus.Item) return false;
        ForgetLocal(entry);
        bool wasThere = entry.Start is not null && View.Of(entry.Start).Status == ItemStatus.Item;
        Set(entry, wasThere ? Whole(entry, Writes.Delete(entry.Start!)) : entry.Draft.Nothing());
        return true;
    }

    /// <summary>Writes an old version's value and metadata as a new version.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VersionNotFound"/>, and those of <see cref="Put(string, string, Stream, Metadata?)"/>.</exception>
    public void Restore(string collection, string key, string versionId)
    {
        var old = _vault.FindVersion(collection, key, versionId).Operation;
        var value = Vault.ValueOf(old, versionId);
        var entry = EntryOf(collection, key);
        Set(entry, Whole(entry, Writes.Put(entry.Start, entry.Collection, entry.Key, value, metadata: old.Metadata, content: old.Content)), overwrites: true);
    }

    /// <summary>Writes a copy of an item; see <see cref="ItemCopier"/>.</summary>
    internal CopyOutcome Copy(string collection, string key, Func<ValueWriter, ItemContent> read)
    {
        var entry = EntryOf(collection, key);
        // Operations of one commit do not see each other: both versions cannot be kept, and a copy never overwrites.
        if (entry.IsWritten) throw SyncErrors.NotInTransaction.With($"This transaction has written '{key}' itself, and a copy never overwrites");
        var (operation, outcome) = read(new(_context, _sink)).Over(entry.Start, entry.Collection, entry.Key);
        if (operation is not null) Set(entry, Whole(entry, operation));
        return outcome;
    }

    /// <summary>Ends it: durable as one commit when this returns. Where it throws, nothing was changed; it cannot be tried again.</summary>
    public TransactionResult Commit()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _ended = true;
        var made = _written.Where(e => e.IsWritten).ToList();
        if (made.Count == 0 && _collectionDrafts.Count == 0)
        {
            _vault.Fields.Change(_local);
            return new(null, 0, 0, 0);
        }

        _sink.Complete();
        var intents = _collectionDrafts.Select(c => c.Value.Intent(c.Key)).Concat(made.Select(e => new ItemIntent(e.Collection, e.Key, _ => null) { BuildAll = (_, _) => e.Operations, Overwrites = e.Overwrites }));
        var result = _vault.Fields.With(_local, () => _vault.Commit([new CommitJob([.. intents], _sink.SmallObjects, _atomic) { OneCommit = true }])[0]);
        _sink.Remember();
        int deletes = made.Count(e => e.Operations[0].Kind == OperationKind.Delete);
        return new(result.Commits.Count == 0 ? null : result.Commits[0], _size.Operations, made.Count - deletes, deletes);
    }

    /// <inheritdoc/>
    public KeyState? Find(string collection, string key) => EntryOf(collection, key).State;

    /// <inheritdoc/>
    public IEnumerable<KeyState> ItemsOf(string collection, bool deleted = false, Func<string, bool>? fits = null)
    {
        var own = _written.Where(e => e.IsWritten && e.Collection == collection && (fits is null || fits(e.Key))).Select(e => e.State!).ToList();
        own.Sort(ItemName.Compare);
        int next = 0;
        foreach (var found in _vault.ItemsOf(collection, deleted, fits))
        {
            var item = HasTrees(collection) ? Shown(found)! : found;
            if (!deleted && !item.IsAlive) continue;
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
    public ItemValue ValueOf(KeyState item) => _vault.ValueOf(item, this, AddLocal);

    /// <inheritdoc/>
    public IEnumerable<byte[]> ReadValue(ItemValue value)
    {
        if (value.Source is { Commit.IsZero: true } own) value = _written[own.Index].Operations.Select(o => o.WholeOf(value)).FirstOrDefault(v => v is not null) ?? throw SyncErrors.ContentNotHere.With($"The transaction has written '{_written[own.Index].Key}' again meanwhile");
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
        if (!_entries.TryGetValue(name, out var entry)) _entries[name] = entry = new(name.Item1, name.Item2, Shown(_vault.Find(name.Item1, name.Item2)));
        return entry;
    }

    private static ItemDraft Whole(Entry entry, Operation operation) => entry.Draft.Whole(operation);

    // All checks come before the first change: what is refused leaves the transaction as it was.
    private void Set(Entry entry, ItemDraft draft, bool overwrites = false)
    {
        var operations = draft.Build();
        CheckAllowed(entry, operations, overwrites || entry.Overwrites);
        var (added, bytes) = (operations.Count - entry.Operations.Count, operations.Sum(CommitBuilder.LargestSize) - entry.Operations.Sum(CommitBuilder.LargestSize));
        _size.Add(entry.Collection, added, bytes, entry.Key);
        if (entry.Place < 0)
        {
            entry.Place = _written.Count;
            _written.Add(entry);
        }

        entry.Overwrites |= overwrites;
        (entry.Draft, entry.Operations) = (draft, operations);
        Show(entry);
    }

    // What went with a tree is replaced below it, in the state that was folded.
    private void Show(Entry entry)
    {
        var state = entry.Start?.Folded;
        foreach (var operation in entry.Operations) state = Folding.Apply(state, operation, Origin(entry.Place));
        entry.State = entry.IsWritten ? Shown(state) : entry.Start;
    }

    // The commit asks the same again, for much may have come meanwhile; here the author can be told which of its changes it is.
    private void CheckAllowed(Entry entry, IReadOnlyList<Operation> operations, bool overwrites)
    {
        if (operations.Count == 0) return;
        if (entry.Start is { MostHeads: > KeyState.MaxHeads }) throw SyncErrors.TooManyVersions.With($"'{entry.Key}' has {entry.Start.MostHeads} versions that compete");
        if (operations.FirstOrDefault(o => !o.IsWithinLimits) is not null) throw SyncErrors.ValueTooLarge.With($"'{entry.Key}' would have more than {Operation.MaxCells} fields or elements");
        if (PolicyOf(entry.Collection).IsDerived) throw Vault.IsDerived(entry.Collection, entry.Key);
        if (PolicyOf(entry.Collection) is { LocalPaths.Count: > 0 } local && operations.Any(local.Sends)) throw StructuredArguments.WouldBeSent(entry.Collection, entry.Key);
        if (!overwrites && PolicyOf(entry.Collection) is { ChangesViews: true } policy) WriteRules.Check(entry.Start, policy.For(entry.Key), operations, _context.NameOf);
        CheckOwner(entry.Collection, entry.Key);
    }

    // A dot of no commit: nobody takes it for a version, and with it the bytes of a value are found that a state does not repeat.
    private OperationOrigin Origin(int place) => new(new Dot(default, place), HybridTimestamp.FromMilliseconds(_context.NowMilliseconds()), _vault.Device, default, 1);

    private ValueReader Values() => new(_context, Locate, _sink.FindSmall);

    // What went into the transaction's pack is listed when somebody wants to read it.
    private ObjectLocation? Locate(ObjectAddress address)
    {
        if (_vault.Locate([address])[0] is { } known) return known;
        _sink.Complete();
        return _vault.Locate([address])[0];
    }
}
