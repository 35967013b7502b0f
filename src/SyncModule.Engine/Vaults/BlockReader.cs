using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What a commit's blocks hold, once they could be opened.</summary>
internal enum BlockReadiness
{
    /// <summary>Every block was opened, or was found to be malformed for good.</summary>
    Ready,

    /// <summary>An epoch's secret is not here yet.</summary>
    EpochMissing,

    /// <summary>A block stands in an object that is not here yet.</summary>
    ObjectMissing,
}

/// <summary>
/// The decoded operations of one commit, block by block, or what is missing to open them: an epoch, or the object that a block refers to.
/// </summary>
internal readonly record struct CommitContent(BlockReadiness Readiness, Id32 Missing, IReadOnlyList<IReadOnlyList<DecodedOperation>> Blocks)
{
    /// <summary>Plain bytes of the blocks.</summary>
    public long Bytes { get; init; }

    /// <summary>True when an operation belongs to a newer version: the log is parked here (format-1 §4).</summary>
    public bool HasUnknown => HasAny(OperationStatus.Unknown);

    /// <summary>True when an operation is broken.</summary>
    public bool HasMalformed => HasAny(OperationStatus.Malformed);

    /// <summary>What is understood of it, in its order, each with where it came from.</summary>
    public IEnumerable<(Operation Operation, OperationOrigin Origin)> Operations(CommitId id, CommitRow row)
    {
        for (int b = 0; b < Blocks.Count; b++)
        {
            for (int i = 0; i < Blocks[b].Count; i++)
            {
                if (Blocks[b][i].Operation is { } operation) yield return (operation, row.OriginOf(id, b, i));
            }
        }
    }

    private bool HasAny(OperationStatus status)
    {
        foreach (var block in Blocks)
        {
            for (int i = 0; i < block.Count; i++)
            {
                if (block[i].Status == status) return true;
            }
        }

        return false;
    }
}

/// <summary>Reads commits and blocks from the log and opens them. A block that does not open under the right key is malformed: it has no effect, everywhere alike.</summary>
internal sealed class BlockReader(CommitLog log, VaultKeys keys, Func<RowAccess, ObjectReference, byte[]?> readObject)
{
    private const int CachedCommits = 16;

    /// <summary>Plain bytes of these; the last one is kept however long it is.</summary>
    private const long CachedBytes = 32 << 20;

    private static readonly IReadOnlyList<DecodedOperation> Malformed = [new(OperationStatus.Malformed, null)];

    // The commits opened last: explaining an item walks back and forth between few of them.
    private readonly Dictionary<CommitId, CommitContent> _cache = [];
    private readonly Queue<CommitId> _cacheOrder = new();
    private long _cachedBytes;

    /// <exception cref="SyncException">LogDamaged: no record can stand there.</exception>
    public byte[] ReadRecord(LogPosition position)
    {
        if (position.Length > LogFormat.MaxPayloadLength) throw CannotBeRead(position);
        var bytes = new byte[position.Length];
        try
        {
            log.Read(position, bytes);
        }
        catch (DiskException e) when (e.Failure == DiskFailure.NotFound)
        {
            throw CannotBeRead(position, e);
        }

        return bytes;
    }

    /// <summary>A commit as it is sent, from where it stands in the log. Any thread.</summary>
    /// <exception cref="SyncException">LogDamaged, or the disk's error.</exception>
    public CommitBundle ReadBundle(CommitId id, CommitRow row)
    {
        try
        {
            byte[] record = ReadRecord(row.Position);
            byte[][] blocks = [.. row.Blocks.Select(ReadRecord)];
            return CommitBytes.AreIntact(id, record, blocks) ? new(record, blocks, []) : throw SyncErrors.LogDamaged.With("A commit that was just written cannot be read");
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    /// <summary>The content of a commit of the index that <paramref name="rows"/> sees: an object that arrived in the same transaction is there.</summary>
    public CommitContent Read(RowAccess rows, CommitId id, CommitRow row)
    {
        lock (_cache)
        {
            if (_cache.TryGetValue(id, out var cached)) return cached;
        }

        var content = Open(rows, row);
        if (content.Readiness != BlockReadiness.Ready) return content;
        lock (_cache)
        {
            if (!_cache.TryAdd(id, content)) return content;
            _cacheOrder.Enqueue(id);
            _cachedBytes += content.Bytes;
            while (_cacheOrder.Count > CachedCommits || (_cachedBytes > CachedBytes && _cacheOrder.Count > 1))
            {
                _cache.Remove(_cacheOrder.Dequeue(), out var oldest);
                _cachedBytes -= oldest.Bytes;
            }
        }

        return content;
    }

    /// <summary>The same without a look into the cache: of a commit that is folded now and then perhaps never asked for.</summary>
    /// <exception cref="SyncException">LogDamaged: at the place that the row names there is no commit.</exception>
    public CommitContent Open(RowAccess rows, CommitRow row)
    {
        Commit commit;
        try
        {
            commit = Commit.Decode(ReadRecord(row.Position));
        }
        catch (VaultFormatException e)
        {
            throw CannotBeRead(row.Position, e);
        }

        if (row.Blocks.Count < commit.Header.Blocks.Count) return new(BlockReadiness.Ready, default, []); // pruned: what it did stands in a snapshot
        return Open(rows, commit.Header, [.. row.Blocks.Select(b => (ReadOnlyMemory<byte>)ReadRecord(b))], null);
    }

    /// <summary>
    /// What an applied commit says. It could be opened when it was applied, so it is damage where it cannot be now; nothing may follow from what it
    /// seems not to say.
    /// </summary>
    /// <exception cref="SyncException">ObjectDamaged: the object that stands for a block is not here, or is not what it was. LogDamaged.</exception>
    public CommitContent OpenWhole(RowAccess rows, CommitId id, CommitRow row)
    {
        var content = Open(rows, row);
        return content.Readiness == BlockReadiness.Ready ? content : throw CannotBeOpened(id, content.Missing);
    }

    /// <summary>Whether a block of that size may be a reference to an object: that is always of the least size, as other short ones are.</summary>
    public static bool MayRefer(BlockEntry block) => block.Size == SealedBlocks.MinSize;

    /// <summary>Objects that stand for blocks of a commit, as far as they can be told.</summary>
    public IReadOnlyList<ObjectReference> ReferencesIn(CommitRow row) => row.Blocks.Any(b => b.Length == SealedBlocks.MinSize) ? ReferencesIn(row, Commit.Decode(ReadRecord(row.Position)).Header) : [];

    /// <inheritdoc cref="ReferencesIn(CommitRow)"/>
    public IReadOnlyList<ObjectReference> ReferencesIn(CommitRow row, CommitHeader header)
    {
        var found = new List<ObjectReference>();
        for (int i = 0; i < row.Blocks.Count; i++)
        {
            if (!MayRefer(header.Blocks[i])) continue;
            byte[] block = ReadRecord(row.Blocks[i]);
            if (block.Length < EpochId.Size || !keys.Epochs.TryGetValue(new EpochId(block.AsSpan(0, EpochId.Size)), out var epoch)) continue;
            try
            {
                var opened = SealedBlocks.Open(epoch.Blocks, ContextOf(header, header.Blocks[i].Tag), block);
                var reader = new CborReader(opened.Plain);
                if (opened.IsReference) found.Add(ObjectReference.Read(ref reader));
            }
            catch (VaultFormatException)
            {
                // malformed for good: it names nothing
            }
        }

        return found;
    }

    /// <summary>A block of a commit stands in an object that is gone or damaged.</summary>
    public static SyncException CannotBeOpened(CommitId id, Id32 missing) =>
        SyncErrors.ObjectDamaged.With($"What the commit {id.ToString()[..16]} says stands in the object {missing.ToString()[..16]}, which is not here or cannot be opened");

    private static SyncException CannotBeRead(LogPosition position, Exception? inner = null) =>
        SyncErrors.LogDamaged.With($"There is no commit at {position.Offset} of segment {position.Segment} of the log any more", inner);

    /// <summary>Forgets what was opened: positions mean something else after a rebuild.</summary>
    public void Forget()
    {
        lock (_cache)
        {
            _cache.Clear();
            _cacheOrder.Clear();
            _cachedBytes = 0;
        }
    }

    /// <summary>
    /// The content of a commit whose blocks are at hand, with values as a state keeps them; null where something is missing to open it.
    /// Any thread; the blocks are not kept.
    /// </summary>
    public CommitContent? OpenForState(Commit commit, IReadOnlyList<ReadOnlyMemory<byte>> blocks)
    {
        var content = Open(null, commit.Header, blocks, commit.Id);
        return content.Readiness == BlockReadiness.Ready ? content : null;
    }

    // Opens and decodes the blocks of a data commit. Without rows a block that stands in an object is not opened.
    private CommitContent Open(RowAccess? rows, CommitHeader header, IReadOnlyList<ReadOnlyMemory<byte>> blocks, CommitId? forState)
    {
        var operations = new IReadOnlyList<DecodedOperation>[blocks.Count];
        long bytes = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i].Span;
            if (block.Length < EpochId.Size || !keys.Epochs.TryGetValue(new EpochId(block[..EpochId.Size]), out var epoch))
            {
                if (block.Length >= EpochId.Size) return new(BlockReadiness.EpochMissing, new Id32(block[..EpochId.Size]), []);
                operations[i] = Malformed;
                continue;
            }

            var tag = header.Blocks[i].Tag;
            try
            {
                var opened = SealedBlocks.Open(epoch.Blocks, ContextOf(header, tag), block);
                byte[] plain = opened.Plain;
                if (opened.IsReference)
                {
                    var reader = new CborReader(plain);
                    var reference = ObjectReference.Read(ref reader);
                    reader.Finish();
                    if (reference.Kind != ObjectKind.Block) throw new VaultFormatException("A block refers to something else.");
                    if (rows is null || readObject(rows, reference) is not { } stored) return new(BlockReadiness.ObjectMissing, reference.Address, []);
                    plain = stored;
                }

                bytes += plain.Length;
                operations[i] = Check(forState is { } id ? OperationList.DecodeForState(plain, id, i) : OperationList.Decode(plain), tag);
            }
            catch (VaultFormatException)
            {
                operations[i] = Malformed;
            }
        }

        var content = new CommitContent(BlockReadiness.Ready, default, operations) { Bytes = bytes };
        return (header.Flags & CommitFlags.Atomic) != 0 && content is { HasMalformed: true, HasUnknown: false } ? Voided(content) : content;
    }

    // All or none (format-1 §7). Voided here, once: history and merge records must not show what was never folded.
    private static CommitContent Voided(CommitContent content) =>
        content with { Blocks = [.. content.Blocks.Select(b => (IReadOnlyList<DecodedOperation>)[.. b.Select(_ => Malformed[0])])] };

    /// <summary>Opens the single block of a membership commit; null when it is malformed.</summary>
    public byte[]? OpenMembership(CommitHeader header, byte[] block)
    {
        try
        {
            return SealedBlocks.Open(keys.Genesis.Membership, ContextOf(header, default), block).Plain;
        }
        catch (VaultFormatException)
        {
            return null;
        }
    }

    public static BlockContext ContextOf(CommitHeader header, CollectionTag tag) => new(header.Vault, header.Device, header.Log, header.Sequence, tag);

    // An operation belongs in the block of its own collection, and names are NFC: otherwise two spellings would be two items.
    private DecodedOperation[] Check(IReadOnlyList<DecodedOperation> decoded, CollectionTag tag)
    {
        var operations = new DecodedOperation[decoded.Count];
        string? collection = null;
        bool belongs = false;
        for (int i = 0; i < operations.Length; i++)
        {
            operations[i] = decoded[i];
            if (decoded[i].Operation is not { } operation) continue;
            if (collection != operation.Collection)
            {
                collection = operation.Collection;
                belongs = ItemName.IsCanonical(collection) && keys.Genesis.TagOf(collection) == tag;
            }

            if (!belongs || !ItemName.IsCanonical(operation.Key)) operations[i] = new(OperationStatus.Malformed, null);
        }

        return operations;
    }
}
