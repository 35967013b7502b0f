using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Second stage of an import: seals the chunks that are not stored yet into whole pack records and builds manifests. The dedup map is
/// asked once per batch. One thread.
/// </summary>
internal sealed class ImportSealer(EpochKeys epoch, DedupMap dedup)
{
    /// <summary>
    /// Objects remembered per generation. An object is in the index, where the dedup map finds it, long before two generations have
    /// passed: the writing stage lists what it has at least every <see cref="ImportWriter.MaxUnsyncedObjects"/> objects.
    /// </summary>
    private const int Generation = 4 * ImportWriter.MaxUnsyncedObjects;

    private readonly List<ObjectReference> _chunks = [];
    private Dictionary<Id32, ObjectReference> _new = [], _old = [];
    private SealedBatch _batch = new(new byte[SealedBatch.Size]);

    /// <summary>Takes full batches; blocks while the next stage is behind.</summary>
    public required Action<SealedBatch> Output { get; init; }

    /// <summary>A buffer that the next stage is done with, or a new one.</summary>
    public required Func<byte[]> Buffer { get; init; }

    private ManifestBuilder? _tree;

    public void Take(ImportBatch batch)
    {
        Resolve(batch);
        int next = 0;
        foreach (var step in batch.Steps)
        {
            switch (step.Kind)
            {
                case ImportStepKind.Chunk:
                    _tree ??= new ManifestBuilder(StoreManifest);
                    _tree.Add(_chunks[next++]);
                    break;
                case ImportStepKind.Abandon:
                    _tree = null;
                    break;
                default:
                    Complete(step, batch);
                    break;
            }
        }
    }

    public void Finish()
    {
        if (_batch.Files.Count > 0 || _batch.Length > 0) Pass();
    }

    private void Complete(ImportStep step, ImportBatch batch)
    {
        var file = step.File!;
        if (_tree is { } tree)
        {
            file.Value = ItemValue.FromReference(tree.Finish(tree.TotalLength), tree.TotalLength);
            _tree = null;
        }
        else file.Value = ItemValue.FromBytes(batch.Buffer.AsSpan(step.Offset, step.Length).ToArray());

        _batch.Files.Add(file);
        if (_batch.Files.Count >= SealedBatch.MaxObjects) Pass();
    }

    private void Resolve(ImportBatch batch)
    {
        _chunks.Clear();
        var unknown = batch.Steps.Where(s => s.Kind == ImportStepKind.Chunk && !TrySeen(s.Tag, out _)).Select(s => s.Tag).Distinct().ToList();
        var stored = dedup.Find(unknown);
        for (int i = 0; i < stored.Length; i++)
        {
            if (stored[i] is { } reference) Note(unknown[i], reference);
        }

        foreach (var step in batch.Steps)
        {
            if (step.Kind != ImportStepKind.Chunk) continue;
            _chunks.Add(TrySeen(step.Tag, out var known) ? known : Seal(step.Tag, ObjectKind.Chunk, batch.Buffer.AsSpan(step.Offset, step.Length)));
        }
    }

    private ObjectReference StoreManifest(byte[] plain)
    {
        var tag = dedup.TagOf(ObjectKind.Manifest, plain);
        if (TrySeen(tag, out var seen)) return seen;
        if (dedup.Find(tag) is not { } stored) return Seal(tag, ObjectKind.Manifest, plain);
        Note(tag, stored);
        return stored;
    }

    private ObjectReference Seal(Id32 tag, ObjectKind kind, ReadOnlySpan<byte> plain)
    {
        int room = ObjectRecord.HeaderLength + SealedObjects.MaxSealedLength(plain.Length);
        if (_batch.Length + room > _batch.Buffer.Length || _batch.Objects.Count >= SealedBatch.MaxObjects) Pass();
        var reference = SealedObjects.Seal(epoch, kind, plain, compress: true, _batch.Buffer.AsSpan(_batch.Length + ObjectRecord.HeaderLength), out int length);
        ObjectRecord.WriteHeader(_batch.Buffer.AsSpan(_batch.Length), reference.Address, length);
        _batch.Length += ObjectRecord.HeaderLength + length;
        _batch.Objects.Add((tag, reference, length));
        if (kind == ObjectKind.Chunk) _batch.NewBytes += plain.Length;
        Note(tag, reference);
        return reference;
    }

    private bool TrySeen(Id32 tag, out ObjectReference reference) => _new.TryGetValue(tag, out reference) || _old.TryGetValue(tag, out reference);

    private void Note(Id32 tag, ObjectReference reference)
    {
        if (_new.Count >= Generation) (_old, _new) = (_new, []);
        _new[tag] = reference;
    }

    private void Pass()
    {
        var full = _batch;
        _batch = new(Buffer());
        Output(full);
    }
}
