using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Takes the chunks and manifests of one job, seals what is not stored yet, and keeps it where the job's size says: up to 1 MiB in all
/// in the log, with the commit; more in a pack of its own (format-1 §12). Nothing counts as stored before <see cref="Complete"/>.
/// One thread at a time.
/// </summary>
internal sealed class ObjectSink(VaultContext vault, IIndexAccess index) : IDisposable
{
    /// <summary>Sealed bytes of a job that still go into the log.</summary>
    private const int SmallJobBytes = 1 << 20;

    /// <summary>Largest sealed object in the log.</summary>
    private const int SmallObjectBytes = 64 << 10;

    private const int BatchBytes = 4 << 20;

    private readonly DedupMap _dedup = new(index);
    private DedupTagger? _tagger; // most values are short, have no objects and need none
    private readonly Dictionary<Id32, ObjectReference> _seen = [];
    private readonly List<(Id32 Tag, ObjectReference Reference, ObjectLocation Location)> _inPack = [];
    private readonly List<(Id32 Tag, ObjectReference Reference)> _inLog = [];
    private readonly List<byte[]> _small = [];
    private readonly EpochKeys _epoch = vault.CurrentEpoch;
    private readonly IDisposable _use = vault.Use.Begin();
    private byte[] _batch = [];
    private int _batchLength;
    private readonly List<(Id32 Tag, ObjectReference Reference)> _batchTags = [];
    private PackWriter? _pack;
    private long _smallBytes;

    /// <summary>Plain bytes that had to be stored anew.</summary>
    public long NewBytes { get; private set; }

    /// <summary>Sealed objects that go into the log with the commit.</summary>
    public IReadOnlyList<byte[]> SmallObjects => _small;

    /// <summary>One of <see cref="SmallObjects"/>; null when it is none of them.</summary>
    public byte[]? FindSmall(ObjectAddress address)
    {
        int at = _inLog.FindIndex(o => o.Reference.Address == address);
        return at < 0 ? null : _small[at];
    }

    /// <summary>Makes sure that the object is, or will be, stored; equal content is stored once.</summary>
    public ObjectReference Store(ObjectKind kind, ReadOnlySpan<byte> plain) => Store(kind, plain, out _);

    /// <summary>The same, and the plain key, which the content id of a long value is made from.</summary>
    public ObjectReference Store(ObjectKind kind, ReadOnlySpan<byte> plain, out PlainKey plainKey)
    {
        (var tag, plainKey) = (_tagger ??= new(vault.Keys)).Of(kind, plain);
        if (_seen.TryGetValue(tag, out var known)) return known;
        if (_dedup.Find(tag) is { } stored) return _seen[tag] = stored;
        NewBytes += plain.Length;
        int room = SealedObjects.MaxSealedLength(plain.Length);
        Reserve(ObjectRecord.HeaderLength + room);
        var place = _batch.AsSpan(_batchLength + ObjectRecord.HeaderLength);
        var key = SealedObjects.SealBody(_epoch, kind, plain, compress: true, plainKey, place, out int length);
        var reference = new ObjectReference(Core.Encoding.Digest.Hash(place[..length]), key, kind, plain.Length);
        if (_pack is null && length <= SmallObjectBytes && _smallBytes + length <= SmallJobBytes)
        {
            _small.Add(_batch.AsSpan(_batchLength + ObjectRecord.HeaderLength, length).ToArray());
            _smallBytes += length;
            _inLog.Add((tag, reference));
            return _seen[tag] = reference;
        }

        ObjectRecord.WriteHeader(_batch.AsSpan(_batchLength), reference.Address, length);
        _batchTags.Add((tag, reference));
        _batchLength += ObjectRecord.HeaderLength + length;
        _pack ??= Guarded(() => vault.Packs.CreateWriter());
        return _seen[tag] = reference;
    }

    /// <summary>Makes what went into the pack durable and lists it in the index; a commit that names it may be written now, and more may be stored.</summary>
    public void Complete()
    {
        if (_pack is null) return;
        WriteBatch();
        Guarded(() =>
        {
            _pack.Complete();
            return Change(step =>
            {
                step.Arrived([.. _inPack.Select(w => (w.Reference.Address, w.Location))]);
                foreach (var (tag, reference, _) in _inPack)
                {
                    DedupMap.Remember(step.Rows, tag, reference);
                }
            });
        });

        _inPack.Clear();
        _pack.Dispose();
        _pack = null;
    }

    /// <summary>Remembers the objects in the log as stored; called when the commit that they travelled with is durable.</summary>
    public void Remember()
    {
        if (_inLog.Count == 0) return;
        Guarded(() => Change(step =>
        {
            foreach (var (tag, reference) in _inLog) DedupMap.Remember(step.Rows, tag, reference);
        }));

        _inLog.Clear();
        _small.Clear();
        _smallBytes = 0;
    }

    public void Dispose()
    {
        _pack?.Dispose();
        _tagger?.Dispose();
        _use.Dispose();
    }

    private int Change(Action<IndexStep> change)
    {
        return index.Change(step =>
        {
            change(step);
            return 0;
        });
    }

    // Whoever stores a value is told of a full or failing disk by its kind, like every other trouble.
    private static T Guarded<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private void Reserve(int bytes)
    {
        if (_batchLength > 0 && _batchLength + bytes > BatchBytes) WriteBatch();
        if (_batch.Length < Math.Max(bytes, BatchBytes)) _batch = new byte[Math.Max(bytes, BatchBytes)];
    }

    private void WriteBatch()
    {
        if (_batchLength == 0 || _pack is null) return;
        var records = Guarded(() => _pack.Append(_batch.AsSpan(0, _batchLength)));
        for (int i = 0; i < records.Count; i++) _inPack.Add((_batchTags[i].Tag, _batchTags[i].Reference, ObjectLocation.InPack(records[i].Position)));
        _batchTags.Clear();
        _batchLength = 0;
    }
}
