using System.Runtime.InteropServices;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Second stage of an import: seals the chunks that are not stored yet into whole pack records and builds manifests. The dedup map is
/// asked once per batch. One thread.
/// </summary>
/// <param name="keys">Of the vault.</param>
/// <param name="epoch">What is sealed under.</param>
/// <param name="dedup">What is stored already.</param>
/// <param name="output">Takes full batches; blocks while the next stage is behind.</param>
/// <param name="block">A block for the next batch; blocks while all are in use.</param>
internal sealed class ImportSealer(VaultKeys keys, EpochKeys epoch, DedupMap dedup, Action<SealedBatch> output, Func<Block> block) : IDisposable
{
    /// <summary>
    /// Objects remembered per generation. An object is in the index, where the dedup map finds it, long before two generations have
    /// passed: the writing stage lists what it has at least every <see cref="ImportWriter.MaxUnsyncedObjects"/> objects.
    /// </summary>
    private const int Generation = 4 * ImportWriter.MaxUnsyncedObjects;

    /// <summary>Small values share arrays of this size, below that of a large object.</summary>
    private const int SlabBytes = 64 << 10;

    private readonly DedupTagger _tagger = new(keys);
    private readonly List<Id32> _unknown = [];
    private readonly HashSet<Id32> _begun = []; // sealed for this batch, some without an address yet
    private Dictionary<Id32, ObjectReference> _new = [], _old = [];
    private SealedBatch? _batch;
    private ManifestBuilder? _tree;
    private readonly LongContent _content = new(keys.Genesis);
    private readonly List<Id32> _contents = []; // of the batch's small files, in the order of their steps
    private Memory<byte> _slab;

    // Objects of the batch that have their address; the others are hashed together when one is needed.
    private int _addressed;
    private readonly List<LaneMessage> _messages = [];
    private Id32[] _digests = [];

    public void Take(ImportBatch batch)
    {
        batch.Tag(_tagger);
        FindStored(batch);
        SealNew(batch);
        FindContents(batch);
        int next = 0, small = 0;
        foreach (var step in batch.Steps)
        {
            switch (step.Kind)
            {
                case ImportStepKind.Chunk:
                    _tree ??= new ManifestBuilder(StoreManifest);
                    var tag = batch.Tags[next++];
                    _tree.Add(Seen(tag.Tag));
                    _content.Add(tag.Key.Value, step.Length);
                    break;
                case ImportStepKind.Abandon:
                    _tree = null;
                    _content.Reset();
                    break;
                default:
                    Complete(step, batch, ref small);
                    break;
            }
        }

        // Nothing in it waits for an object to become durable: it need not wait for more.
        if (_batch is { Objects.Count: 0, Files.Count: >= ImportWriter.OperationsPerJob }) Pass();
    }

    public void Finish()
    {
        if (_batch is { } rest && rest.Files.Count + rest.Length > 0) Pass();
    }

    public void Dispose()
    {
        _tagger.Dispose();
        _content.Dispose();
        _batch?.Block.Release();
    }

    private SealedBatch Batch => _batch ??= new(block());

    private void Complete(ImportStep step, ImportBatch batch, ref int small)
    {
        var file = step.File!;
        if (_tree is { } tree)
        {
            file.Value = ItemValue.FromReference(tree.Finish(tree.TotalLength), tree.TotalLength);
            _tree = null;
            file.Version = file.Version with { Content = _content.Finish() };
        }
        else
        {
            file.Value = ItemValue.FromBytes(Keep(batch.Bytes.Slice(step.Offset, step.Length)));
            if (IsWhole(step)) file.Version = file.Version with { Content = _contents[small++] };
        }

        Batch.Files.Add(file);
        if (Batch.Files.Count >= SealedBatch.MaxObjects) Pass();
    }

    private ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        // What a state keeps would keep its whole slab with it.
        if (bytes.Length <= ItemValue.MaxInState) return bytes.ToArray();
        if (_slab.Length < bytes.Length) _slab = new byte[SlabBytes];
        var kept = _slab[..bytes.Length];
        bytes.CopyTo(kept.Span);
        _slab = _slab[bytes.Length..];
        return kept;
    }

    // Afterwards every chunk of the batch that is stored somewhere is remembered here.
    private void FindStored(ImportBatch batch)
    {
        _unknown.Clear();
        foreach (var (tag, _) in batch.Tags)
        {
            if (!TrySeen(tag, out _)) _unknown.Add(tag);
        }

        var stored = dedup.Find(_unknown);
        for (int i = 0; i < stored.Length; i++)
        {
            if (stored[i] is { } reference) Note(_unknown[i], reference);
        }
    }

    // A small file whose bytes stand in the batch; an empty one that was looked at twice has its content id already.
    private static bool IsWhole(ImportStep step) => step.Kind == ImportStepKind.Small || step is { Kind: ImportStepKind.End, Length: > 0 };

    // Content ids of the small files, which stand in the batch whole: many at a time.
    private void FindContents(ImportBatch batch)
    {
        _messages.Clear();
        foreach (var step in batch.Steps)
        {
            if (IsWhole(step)) _messages.Add(new(step.Offset, step.Length));
        }

        if (_messages.Count == 0) return;
        if (_digests.Length < _messages.Count) _digests = new Id32[_messages.Count];
        Lanes.Hash(batch.Bytes, CollectionsMarshal.AsSpan(_messages), _digests);
        CollectionsMarshal.SetCount(_contents, _messages.Count);
        keys.Genesis.ContentsOf(_digests.AsSpan(0, _messages.Count), CollectionsMarshal.AsSpan(_contents));
    }

    private void SealNew(ImportBatch batch)
    {
        int next = 0;
        _begun.Clear();
        foreach (var step in batch.Steps)
        {
            if (step.Kind != ImportStepKind.Chunk) continue;
            var tag = batch.Tags[next++];
            if (TrySeen(tag.Tag, out _) || !_begun.Add(tag.Tag)) continue;
            // The batch is this stage's alone: a chunk is sealed from where it stands.
            var place = Place(step.Length);
            var key = SealedObjects.SealBodyFrom(epoch, ObjectKind.Chunk, batch.Bytes, step.Offset, step.Length, tag.Key, place, out int length);
            Add(tag.Tag, new(default, key, ObjectKind.Chunk, step.Length), length);
            Batch.NewBytes += step.Length;
        }

        Address();
    }

    private ObjectReference StoreManifest(byte[] plain)
    {
        var tag = _tagger.Of(ObjectKind.Manifest, plain);
        if (TrySeen(tag.Tag, out var seen)) return seen;
        if (dedup.Find(tag.Tag) is { } stored)
        {
            Note(tag.Tag, stored);
            return stored;
        }

        var key = SealedObjects.SealBody(epoch, ObjectKind.Manifest, plain, compress: true, tag.Key, Place(plain.Length), out int length);
        Add(tag.Tag, new(default, key, ObjectKind.Manifest, plain.Length), length);
        Address();
        return Seen(tag.Tag);
    }

    // Where the next object of at most so much goes.
    private Span<byte> Place(int plainLength)
    {
        int room = ObjectRecord.HeaderLength + SealedObjects.MaxSealedLength(plainLength);
        if (Batch.Length + room > SealedBatch.End || Batch.Objects.Count >= SealedBatch.MaxObjects) Pass();
        return Batch.Block.GetSpan()[(Batch.Length + ObjectRecord.HeaderLength)..];
    }

    private void Add(Id32 tag, in ObjectReference reference, int length)
    {
        int at = Batch.Length + ObjectRecord.HeaderLength;
        Batch.Objects.Add(new(tag, reference, at, length));
        Batch.Length = at + length;
    }

    // The addresses of what was sealed since, and the heads of the records.
    private void Address()
    {
        if (_batch is not { } batch) return;
        var bytes = batch.Block.GetSpan();
        _messages.Clear();
        for (int i = _addressed; i < batch.Objects.Count; i++) _messages.Add(new(batch.Objects[i].Offset, batch.Objects[i].Length));
        if (_digests.Length < _messages.Count) _digests = new Id32[_messages.Count];
        Lanes.Hash(bytes, CollectionsMarshal.AsSpan(_messages), _digests);
        for (int i = 0; _addressed < batch.Objects.Count; _addressed++, i++)
        {
            var one = batch.Objects[_addressed];
            var reference = one.Reference with { Address = _digests[i] };
            ObjectRecord.WriteHeader(bytes[(one.Offset - ObjectRecord.HeaderLength)..], reference.Address, one.Length);
            batch.Objects[_addressed] = one with { Reference = reference };
            Note(one.Tag, reference);
        }
    }

    private ObjectReference Seen(Id32 tag) => TrySeen(tag, out var reference) ? reference : throw new InvalidOperationException("An object was not sealed.");

    private bool TrySeen(Id32 tag, out ObjectReference reference) => _new.TryGetValue(tag, out reference) || _old.TryGetValue(tag, out reference);

    private void Note(Id32 tag, ObjectReference reference)
    {
        if (_new.Count >= Generation) (_old, _new) = (_new, []);
        _new[tag] = reference;
    }

    private void Pass()
    {
        Address();
        var full = Batch;
        _batch = null;
        _addressed = 0;
        output(full);
    }
}
