using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Builds the commits of some jobs under the append lock (format-1 §3, §12): sequence and previous from the log's own end, deps and
/// members from what is applied and folded, sealed blocks, one signature a commit. Jobs share a commit, unless one is whole, the commit
/// is full, or an item is changed twice: operations of one commit do not see each other. Item states that it changes are kept, so that a
/// later job sees an earlier one. Nothing outside changes before <see cref="WriterTail.Advance"/>.
/// </summary>
internal sealed class CommitBuilder
{
    /// <summary>
    /// Plain bytes of operations in one commit: blocks stay below 1 MiB (format-1 §5), and a thousand values of 1 KB are two that are equally
    /// long, which two threads seal at the same time.
    /// </summary>
    private const int MaxPlainBytes = 640 << 10;

    /// <summary>Plain bytes that take longer to seal than another thread takes to begin.</summary>
    private const int WorthAThread = 128 << 10;

    /// <summary>
    /// The same of what cannot be split: sealed, its blocks stay below <see cref="CommitHeader.MaxBlockBytes"/>. Where there is more, the longest ones are
    /// objects (docs/decisions/120).
    /// </summary>
    internal const long MostInlineBytes = 3 << 20;

    private const int MaxGroupBytes = 16 << 20;
    private const int MostRoom = 4096;
    private const int ManyDrafts = 32; // worth to be added up before they are written
    private const int NoJob = -1; // nobody asked for it

    private readonly VaultContext _vault;
    private readonly WriterView _view;
    private readonly WriterTail _tail;
    private readonly WriteBuffers _buffers;
    private readonly BlockObjects _objects;
    private readonly List<CommitId> _dependencies;
    private readonly Dictionary<Id16, KeyState> _items;
    private readonly HashSet<Id16> _unfolded; // tags of the items in _batch and _closed
    private readonly HashSet<string> _collections = new(StringComparer.Ordinal); // of _batch
    private List<Draft> _batch;
    private Closed? _closed;
    private readonly List<(List<CommitId> Commits, Dot?[] Dots)> _jobs = [];
    private readonly List<BuiltGroup> _groups = [];
    private readonly List<(BuiltGroup Group, Commit Commit, Closed Closed)> _last = []; // not folded yet
    private readonly HybridClock _clock;
    private readonly WritePoint _point;
    private CollectionStates _states;
    private HybridTimestamp _now;
    private long _bytes;
    private bool _ends;

    /// <param name="vault">Its keys, its clock.</param>
    /// <param name="view">Items before this group.</param>
    /// <param name="tail">Where the log ends.</param>
    /// <param name="buffers">Of the writer.</param>
    /// <param name="objects">Takes the blocks that do not fit beside their commits.</param>
    /// <param name="operations">How many there will be: only a size to begin with.</param>
    public CommitBuilder(VaultContext vault, WriterView view, WriterTail tail, WriteBuffers buffers, BlockObjects objects, int operations)
    {
        int room = Math.Min(operations, MostRoom);
        (_items, _batch, _unfolded) = (new(room), new(room), new(room));
        (_vault, _view, _tail, _buffers, _objects, Tip) = (vault, view, tail, buffers, objects, tail.Tip);
        _clock = new HybridClock(tail.Clock);
        _dependencies = [.. tail.Dependencies];
        _states = tail.Collections;
        _point = new(Applied, name => _states.Of(name), name => _states.OwnersOf(name));
    }

    /// <summary>An operation that waits for its commit.</summary>
    private readonly record struct Draft(int Job, int Intent, Operation Operation, Id16 Tag, KeyState? Before, int Bytes);

    /// <summary>The operations of one collection; in an object where they have no room beside the commit.</summary>
    private sealed record Block(CollectionTag Tag, List<Draft> Drafts, long Bytes, bool InObject = false);

    /// <summary>The operations of one commit, one list a block.</summary>
    private sealed record Closed(List<Draft> Drafts, List<Block> Blocks, HybridTimestamp Now, CommitFlags Flags)
    {
        public bool HasObjects => Blocks.Exists(b => b.InObject);
    }

    /// <summary>Objects, then each commit behind its blocks. Complete after <see cref="Finish"/>, with the rows of the items after <see cref="FoldLast"/>.</summary>
    public IReadOnlyList<BuiltGroup> Groups => _groups;

    public IReadOnlyList<CommitResult> Results => [.. _jobs.Select(j => new CommitResult(j.Commits, j.Dots))];

    /// <summary>Some operation is of a collection and not of an item.</summary>
    public bool ChangesCollections { get; private set; }

    /// <summary>The last commit of the own log.</summary>
    public Tip Tip { get; private set; }

    public HybridTimestamp Clock => _clock.Last;

    /// <summary>What a next commit would still have to name.</summary>
    public IReadOnlyList<CommitId> Dependencies => _dependencies;

    public void Add(PreparedJob prepared)
    {
        var job = prepared.Job;
        if (job.IsWhole) Emit();
        Claim(prepared);
        foreach (var small in job.SmallObjects) Group(small.Length).AddObject(small);
        int number = _jobs.Count;
        var whole = job.IsWhole ? new CommitSize() : null;
        _jobs.Add(([], new Dot?[job.Intents.Count]));
        for (int i = 0; i < job.Intents.Count; i++)
        {
            var intent = job.Intents[i];
            var tag = prepared.Tags[i];
            if (!job.IsWhole && _unfolded.Contains(tag)) Emit();
            if (intent.Key.Length == 0 && !job.IsWhole) Emit(); // what a tree has seen are whole commits
            var state = Item(tag);
            var shown = _states.MaskOrNull(state);
            var operations = Make(intent, shown);
            if (operations.Count == 0) continue;
            if (!job.IsWhole && IsUnowned(intent)) Claim([(intent.Collection, Generation.RootOf(intent.Key))]); // said of the collection by this very job
            if (!intent.Overwrites && intent.Key.Length > 0 && _states.PolicyOf(intent.Collection) is { ChangesViews: true } policy) WriteRules.Check(shown, policy.For(intent.Key), operations, _vault.NameOf);
            if (intent.Key.Length > 0 && _states.PolicyOf(intent.Collection) is { LocalPaths.Count: > 0 } local && operations.Any(local.Sends)) throw StructuredArguments.WouldBeSent(intent.Collection, intent.Key);
            long size = 0;
            for (int o = 0; o < operations.Count; o++) size += SizeOf(operations[o], job);
            whole?.Add(intent.Collection, operations.Count, size, intent.Key);
            if (whole is null && size > CommitSize.MostBlockBytes) throw SyncErrors.ValueTooLarge.With($"What is kept beside '{intent.Key}' has some {size} bytes; one commit takes {CommitSize.MostBlockBytes}");
            if (!job.IsWhole && _batch.Count > 0 && (_bytes + size > MaxPlainBytes || _batch.Count + operations.Count > Dot.BlockStride || IsOneTooMany(intent.Collection))) Close(CommitFlags.None);
            if (!_unfolded.Add(tag)) throw SyncErrors.NameInvalid.With($"'{intent.Key}' is changed twice by one commit");
            for (int o = 0; o < operations.Count; o++) Add(operations[o], new(number, i, operations[o], tag, state, (int)(operations.Count == 1 ? size : SizeOf(operations[o], job))));
            _bytes += size;
            if (intent.Key.Length == 0 && !job.IsWhole) Emit(); // and what is written next knows of it
        }

        if (!job.IsWhole) return;
        if (ChangesCollections) CheckWhole(job);
        Close(job.Atomic ? CommitFlags.Atomic : CommitFlags.None);
        if (job.Intents.Any(i => i.Key.Length == 0)) Emit(); // and what is written next knows of it
    }

    // A tree goes with other changes: what it had seen are the commits before. A policy or an owner decides how they are written, which they could not know.
    private void CheckWhole(CommitJob job)
    {
        foreach (var (_, _, said, _, _, _) in _batch.Where(d => d.Operation.Key.Length == 0))
        {
            bool decides = said.Kind == OperationKind.Policy || job.Atomic;
            if (_batch.Count > 1 && (decides || (said.Detail is OwnDetail own && _batch.Exists(d => d.Operation.Key.Length > 0 && d.Operation.Collection == said.Collection && Generation.Covers(own.Unit, d.Operation.Key)))))
                throw SyncErrors.NotInTransaction.With($"What is said of the collection {said.Collection} cannot be in one commit with the other changes");
        }
    }

    private IReadOnlyList<Operation> Make(ItemIntent intent, KeyState? shown) => intent.BuildAll is { } build ? build(shown, _point) : intent.Build(shown) is { } one ? [one] : [];

    private bool IsUnowned(ItemIntent intent) =>
        _states.MayOwn && intent.Key.Length > 0 && _states.PolicyOf(intent.Collection).For(intent.Key).Rule == PolicyRule.Owned && _states.OwnersOf(intent.Collection).Of(intent.Key) is null;

    // Where records are owned by policy, who writes one first owns it.
    private void Claim(PreparedJob prepared)
    {
        if (!_states.MayOwn) return; // nearly always
        HashSet<(string Collection, string Unit)>? units = null;
        for (int i = 0; i < prepared.Tags.Length; i++)
        {
            var intent = prepared.Job.Intents[i];
            if (!IsUnowned(intent) || units?.Contains((intent.Collection, Generation.RootOf(intent.Key))) == true) continue;
            if (Make(intent, _states.MaskOrNull(Item(prepared.Tags[i]))).Count > 0) (units ??= []).Add((intent.Collection, Generation.RootOf(intent.Key)));
        }

        if (units is not null) Claim(units);
    }

    // Said by commits before the writes, which can then name it (format-1 §9): one for all of them, as far as it has room.
    private void Claim(IReadOnlyCollection<(string Collection, string Unit)> units)
    {
        Emit();
        VersionVector? applied = null;
        var before = new Dictionary<Id16, KeyState?>(); // read once: it is as long as all owners
        foreach (var (collection, unit) in units)
        {
            var own = new Operation(collection, "", OperationKind.Own, [], null, false, null, [], null, null) { Detail = new OwnDetail(unit, _vault.Keys.Device.Device, null, applied ??= Applied()) };
            int size = (int)EstimatedSize(own);
            if (_bytes + size > MaxPlainBytes || _batch.Count == Dot.BlockStride || IsOneTooMany(collection))
            {
                Emit();
                before.Clear();
                own = own with { Detail = new OwnDetail(unit, _vault.Keys.Device.Device, null, applied = Applied()) };
            }

            var tag = _vault.Keys.ItemTag(collection, "");
            _unfolded.Add(tag);
            if (!before.TryGetValue(tag, out var state)) before[tag] = state = Item(tag);
            Add(own, new(NoJob, 0, own, tag, state, size));
            _bytes += size;
        }

        Emit();
    }

    private void Add(Operation operation, in Draft draft)
    {
        var state = draft.Before;
        if (state is { MostHeads: > KeyState.MaxHeads } && operation.Kind != OperationKind.Resolve) throw SyncErrors.TooManyVersions.With($"'{operation.Key}' has {state.MostHeads} versions that compete");
        // A reader would take it for malformed, and nothing of it would count.
        if (!operation.IsWithinLimits) throw SyncErrors.ValueTooLarge.With($"'{operation.Key}' would have more than {Operation.MaxCells} fields or elements");
        operation = UnderItsOwner(operation);
        if (operation.HasDetached) operation = operation.Attached(_view.Attach);
        if (operation.Replaces.Count > Operation.MaxReplaces) throw SyncErrors.TooManyVersions.With($"'{operation.Key}' has {operation.Replaces.Count} versions that compete");
        if (_batch.Count == 0) _now = _clock.Tick(_vault.NowMilliseconds());
        if (_batch.Count == 0 || _batch[^1].Operation.Collection != operation.Collection) _collections.Add(operation.Collection);
        _batch.Add(draft with { Operation = Writes.WithTimestampRule(operation, Writes.GreatestReplaced(state, operation), _now) });
        ChangesCollections |= operation.Key.Length == 0;
    }

    // What is somebody else's would only be kept as evidence (format-1 §9): it is refused here, where its author can still be told.
    private Operation UnderItsOwner(Operation operation)
    {
        if (operation.Key.Length == 0 || _states.OwnersOf(operation.Collection).Of(operation.Key) is not { } generation) return operation;
        if (generation.Owner != _vault.Keys.Device.Device) throw SyncErrors.NotOwner.With($"'{operation.Key}' in {operation.Collection} belongs to {_vault.NameOf(generation.Owner)}");
        return operation with { Generation = generation.Dot };
    }

    private VersionVector Applied()
    {
        var applied = _tail.Applied.Clone();
        if (Tip.Sequence > 0) applied.Set(_tail.Log, Tip);
        return applied;
    }

    /// <summary>Closes the last commit: all that is to be written is there.</summary>
    public void Finish()
    {
        _ends = true;
        Emit();
    }

    /// <summary>
    /// What the last commits make of their items, which nothing that is written depends on: the disk writes meanwhile. Nothing of it may be shown before
    /// the disk has said that it has the commits.
    /// </summary>
    public void FoldLast()
    {
        foreach (var (group, commit, closed) in _last) group.Fold(commit, Fold(commit, closed));
        _last.Clear();
    }

    // A block a collection, and no more blocks than a header may name.
    private bool IsOneTooMany(string collection) => _collections.Count == Dot.MaxBlocks && !_collections.Contains(collection);

    private KeyState? Item(Id16 tag) => _items.TryGetValue(tag, out var own) ? own : _view.Item(tag);

    // Everything so far becomes commits, and the states of its items are known.
    private void Emit()
    {
        Close(CommitFlags.None);
        if (_closed is not { } last) return;
        _closed = null;
        Make(last);
        _unfolded.Clear();
    }

    // The operations at hand become one commit. A long one waits for the next, to be sealed at the same time.
    private void Close(CommitFlags flags)
    {
        if (_batch.Count == 0) return;
        var closed = new Closed(_batch, Blocks(), _now, flags);
        bool waits = _vault.MayUseThreads && flags == CommitFlags.None && closed is { Blocks.Count: 1, HasObjects: false } && _bytes >= WorthAThread && _dependencies.Count <= CommitHeader.MaxIds;
        (_batch, _bytes) = (new(Math.Min(_batch.Count, MostRoom)), 0);
        _collections.Clear();
        var first = _closed;
        _closed = null;
        if (first is null && waits)
        {
            _closed = closed;
            return;
        }

        if (first is null) Make(closed);
        else if (waits) Make(first, closed);
        else
        {
            Make(first);
            Make(closed);
        }

        _unfolded.Clear();
    }

    private void Make(Closed one)
    {
        // More than 64 tips since the last own commit: commits without operations name 64 each (format-1 §3).
        while (_dependencies.Count > CommitHeader.MaxIds)
        {
            var some = _dependencies.GetRange(0, CommitHeader.MaxIds);
            _dependencies.RemoveRange(0, CommitHeader.MaxIds);
            Group(0).Add(Sign([], some, _clock.Tick(_vault.NowMilliseconds()), CommitFlags.None), inObjects: false);
        }

        var group = Group((int)one.Blocks.Sum(b => b.InObject ? SealedBlocks.MinSize : b.Bytes));
        var entries = new BlockEntry[one.Blocks.Count];
        for (int b = 0; b < entries.Length; b++) entries[b] = Seal(group, one.Blocks[b]);
        Add(group, one, entries);
    }

    // Two of one block each: no seal depends on the other commit, only the signatures do.
    private void Make(Closed first, Closed second)
    {
        var (tag, drafts) = (second.Blocks[0].Tag, second.Blocks[0].Drafts);
        var context = ContextOf(tag, Tip.Sequence + 2);
        var beside = new PooledStep<(BlockId Id, ReadOnlyMemory<byte> Bytes)>(() => _buffers.Beside.Seal(_tail.Epoch.Blocks, context, plain => Write(plain, drafts)));
        (BlockId Id, ReadOnlyMemory<byte> Bytes) block;
        try
        {
            Make(first);
        }
        finally
        {
            block = beside.Finish(); // before its memory is used again
        }

        var group = Group(block.Bytes.Length);
        group.Records.Add(LogRecordType.Block, block.Bytes.Span);
        Add(group, second, [new(tag, block.Id, block.Bytes.Length)]);
    }

    private void Add(BuiltGroup group, Closed closed, BlockEntry[] entries)
    {
        var commit = Sign(entries, [.. _dependencies], closed.Now, closed.Flags);
        _dependencies.Clear();
        group.Add(commit, closed.HasObjects);
        if (_ends && !ChangesCollections) _last.Add((group, commit, closed));
        else group.Fold(commit, Fold(commit, closed));
    }

    // The items as they are after a commit: for what is built next, and for the index.
    private PreparedRows? Fold(Commit commit, Closed closed)
    {
        // What is said of collections the index folds itself, and all else in such a commit: what its items show may change with it.
        bool ofCollections = closed.Drafts.Exists(d => d.Operation.Key.Length == 0);
        HashSet<Id16>? changed = null; // collections
        var bodies = _buffers.Rows;
        var rows = ofCollections ? [] : new PreparedRow[closed.Drafts.Count];
        List<(Operation, Dot)>? special = null;
        int row = 0;
        try
        {
            for (int b = 0; b < closed.Blocks.Count; b++)
            {
                var drafts = closed.Blocks[b].Drafts;
                for (int i = 0; i < drafts.Count; i++)
                {
                    var draft = drafts[i];
                    var origin = new OperationOrigin(Dot.At(commit.Id, b, i), closed.Now, commit.Header.Device, _tail.Log, commit.Header.Sequence);
                    Note(draft, origin.Dot, commit.Id);
                    // The index does what a checkpoint says; what is remembered here may name what has gone.
                    if (draft.Operation.Kind == OperationKind.Checkpoint) continue;

                    // Another operation of this commit may have changed another part of the item.
                    bool again = i > 0 && drafts[i - 1].Tag == draft.Tag;
                    var before = again ? _items[draft.Tag] : draft.Before;
                    var after = _items[draft.Tag] = Folding.Apply(before, draft.Operation, origin);
                    if (draft.Operation.Key.Length == 0) (changed ??= []).Add(draft.Tag);
                    if (ofCollections) continue;
                    _tail.Rows.Write(after, bodies);
                    rows[row++] = new(draft.Tag, bodies.WrittenCount, PreparedRows.ChangeOf(_states.MaskOrNull(before), _states.Mask(after)));
                    if (PreparedRows.IsSpecial(draft.Operation)) (special ??= []).Add((draft.Operation.InState(origin.Dot), origin.Dot));
                }
            }

            // Once for all that is said: the state of a collection is as long as all of its owners.
            foreach (var tag in changed ?? []) _states = _states.With(_items[tag], _view.Rows, Applied(), _vault.IsAdministrator);
            return ofCollections ? null : new(bodies.WrittenSpan, rows, _tail.Origins.TakeUsed(), special is null ? [] : special);
        }
        finally
        {
            _buffers.ClearRows();
        }
    }

    private void Note(in Draft draft, Dot dot, CommitId commit)
    {
        if (draft.Job == NoJob) return;
        var (commits, dots) = _jobs[draft.Job];
        dots[draft.Intent] ??= dot;
        if (commits.Count == 0 || commits[^1] != commit) commits.Add(commit);
    }

    // One block a collection, in the order of their tags; usually there is one.
    private List<Block> Blocks()
    {
        bool several = _batch.Exists(d => d.Operation.Collection != _batch[0].Operation.Collection);
        if (!several) return [new(_vault.Keys.CollectionTag(_batch[0].Operation.Collection), _batch, _bytes, _bytes > _vault.MostInlineBytes)];
        var byTag = new SortedDictionary<CollectionTag, (List<Draft> Drafts, long Bytes)>();
        foreach (var draft in _batch)
        {
            var tag = _vault.Keys.CollectionTag(draft.Operation.Collection);
            if (!byTag.TryGetValue(tag, out var block)) block = ([], 0);
            block.Drafts.Add(draft);
            byTag[tag] = (block.Drafts, block.Bytes + draft.Bytes);
        }

        var blocks = byTag.Select(b => new Block(b.Key, b.Value.Drafts, b.Value.Bytes)).ToList();
        // The longest first: so the objects are few.
        long inline = blocks.Sum(b => b.Bytes);
        foreach (int at in Enumerable.Range(0, blocks.Count).OrderByDescending(b => blocks[b].Bytes).ToList())
        {
            if (inline <= _vault.MostInlineBytes) break;
            blocks[at] = blocks[at] with { InObject = true };
            inline -= blocks[at].Bytes;
        }

        return blocks;
    }

    // Order of the making (format-1 §3): associated data → block → block id → header → id → signature.
    private BlockEntry Seal(BuiltGroup group, Block block)
    {
        var plain = _buffers.Plain;
        try
        {
            Write(plain, block.Drafts);
            if (plain.Length > CommitSize.MostBlockBytes) throw SyncErrors.TransactionTooLarge.With($"Its changes of the collection {block.Drafts[0].Operation.Collection} have {plain.Length} bytes; one commit takes {CommitSize.MostBlockBytes} of each collection");
            var context = ContextOf(block.Tag, Tip.Sequence + 1);
            if (block.InObject)
            {
                byte[] referring = SealedBlocks.SealReference(_tail.Epoch.Blocks, context, _objects.Write(_tail.Epoch, plain.Written));
                group.Records.Add(LogRecordType.Block, referring);
                return new(block.Tag, BlockIds.Compute(referring), referring.Length);
            }

            var room = group.Records.Reserve(SealedBlocks.MaxLength(plain.Length));
            int length = SealedBlocks.Seal(_tail.Epoch.Blocks, context, plain.Written, compress: true, room);
            group.Records.Complete(LogRecordType.Block, length);
            return new(block.Tag, BlockIds.Compute(room[..length]), length);
        }
        finally
        {
            _buffers.ClearPlain();
        }
    }

    private BlockContext ContextOf(CollectionTag tag, ulong sequence) => new(_vault.Keys.Vault, _vault.Keys.Device.Device, _tail.Log, sequence, tag);

    private static void Write(CborWriter plain, List<Draft> drafts)
    {
        if (drafts.Count > ManyDrafts) plain.EnsureRoom((int)Math.Min(drafts.Sum(d => (long)d.Bytes), SealedBlocks.MaxPlain));
        plain.WriteArray(drafts.Count);
        foreach (var draft in drafts) draft.Operation.Write(plain);
    }

    private Commit Sign(BlockEntry[] blocks, IReadOnlyList<CommitId> dependencies, HybridTimestamp now, CommitFlags flags)
    {
        var device = _vault.Keys.Device;
        ulong sequence = Tip.Sequence + 1;
        var header = new CommitHeader(_vault.Keys.Vault, Lane.Data, device.Device, _tail.Log, sequence, Tip.Id, [.. dependencies.Order()], _tail.Members, now, flags, blocks);
        var commit = Commit.Create(header, bytes => device.Sign(bytes));
        Tip = new(sequence, commit.Id);
        return commit;
    }

    private BuiltGroup Group(int bytes)
    {
        if (_groups.Count == 0 || _groups[^1].Records.PayloadLength + bytes > MaxGroupBytes) _groups.Add(new BuiltGroup(_buffers.RentGroup()));
        return _groups[^1];
    }

    private static long SizeOf(Operation operation, CommitJob job) => job.IsWhole ? LargestSize(operation) : EstimatedSize(operation);

    /// <summary>Plain bytes of an operation in its block, at most and nearly: what cannot be split is not refused too early.</summary>
    internal static long LargestSize(Operation operation)
    {
        long size = 80 + Utf8Size(operation.Collection) + Utf8Size(operation.Key) + (40L * operation.Replaces.Count) + SizeOf(operation.Value) + (operation.Metadata?.LargestSize ?? 0);
        for (int i = 0; i < operation.Cells.Count; i++) size += 16 + Utf8Size(operation.Cells[i].Path) + SizeOf(operation.Cells[i].Value) + (5L * (operation.Cells[i].Stood?.Count ?? 0));
        return size + (operation.Detail?.EstimatedSize ?? 0) + (5L * (operation.Stood?.Count ?? 0)) + 48;
    }

    private static int Utf8Size(string name) => System.Text.Encoding.UTF8.GetByteCount(name);

    private static long EstimatedSize(Operation operation)
    {
        long size = 128 + (3L * (operation.Collection.Length + operation.Key.Length)) + (40L * operation.Replaces.Count) + SizeOf(operation.Value) + (operation.Metadata?.LargestSize ?? 0);
        for (int i = 0; i < operation.Cells.Count; i++) size += 16L + (3L * operation.Cells[i].Path.Length) + SizeOf(operation.Cells[i].Value);
        return size + (operation.Detail?.EstimatedSize ?? 0);
    }

    private static long SizeOf(ItemValue? value) => value switch
    {
        null => 0,
        { Reference: not null } => ObjectReference.MaxEncodedSize,
        { Counter: { } counter } => 16 + (32L * counter.Seen.Count),
        _ => value.Length,
    };
}
