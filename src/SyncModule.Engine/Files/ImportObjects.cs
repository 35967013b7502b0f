using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Where the sealed objects of one import go (format-1 §12): up to 1 MiB in all into the log, with the commit; more into one pack,
/// which is synced now and then. Nothing counts as stored before <see cref="MakeDurable"/>. One thread.
/// </summary>
internal sealed class ImportObjects(VaultContext vault, IIndexAccess index) : IDisposable
{
    private const int SmallJobBytes = 1 << 20;
    private const int SmallObjectBytes = 64 << 10;

    private readonly List<(Id32 Tag, ObjectReference Reference, ObjectLocation Location)> _written = [];
    private SealedBatch? _held;
    private PackWriter? _pack;
    private List<(Id32 Tag, ObjectReference Reference)> _inLog = [];

    /// <summary>Bytes and objects since the last sync.</summary>
    public long UnsyncedBytes { get; private set; }

    public int UnsyncedObjects => _written.Count + (_held?.Objects.Count ?? 0);

    /// <summary>Takes the batch's objects; false when its buffer is kept for now.</summary>
    public bool Add(SealedBatch batch)
    {
        if (batch.Objects.Count == 0) return true;
        UnsyncedBytes += batch.Length;
        if (_pack is null && _held is null && IsSmall(batch))
        {
            _held = batch;
            return false;
        }

        WriteHeld();
        Write(batch);
        return true;
    }

    /// <summary>
    /// Returns when everything added is on the disk and listed, so that commits may name it. With <paramref name="last"/>, a small rest of a
    /// small import is given back instead, to be written with its commit.
    /// </summary>
    public IReadOnlyList<byte[]> MakeDurable(bool last)
    {
        if (last && _pack is null && _held is { } small)
        {
            _held = null;
            UnsyncedBytes = 0;
            return Split(small);
        }

        WriteHeld();
        if (_pack is null) return [];
        if (last) _pack.Complete();
        else if (_written.Count > 0) _pack.Sync();
        if (_written.Count > 0) List(_written);
        _written.Clear();
        UnsyncedBytes = 0;
        return [];
    }

    /// <summary>The commit that carried the small objects is durable.</summary>
    public void RememberSmall()
    {
        if (_inLog.Count == 0) return;
        index.Change(step =>
        {
            foreach (var (tag, reference) in _inLog) DedupMap.Remember(step.Rows, tag, reference);
            return 0;
        });

        _inLog = [];
    }

    public void Dispose() => _pack?.Dispose();

    private static bool IsSmall(SealedBatch batch) => batch.Length <= SmallJobBytes && batch.Objects.TrueForAll(o => o.SealedLength <= SmallObjectBytes);

    private void List(List<(Id32 Tag, ObjectReference Reference, ObjectLocation Location)> written)
    {
        index.Change(step =>
        {
            foreach (var (tag, reference, location) in written)
            {
                step.Arrived(reference.Address, location);
                DedupMap.Remember(step.Rows, tag, reference);
            }

            return 0;
        });
    }

    private void WriteHeld()
    {
        if (_held is not { } held) return;
        _held = null;
        Write(held);
    }

    private void Write(SealedBatch batch)
    {
        _pack ??= vault.Packs.CreateWriter();
        var records = _pack.Append(batch.Buffer.AsSpan(0, batch.Length));
        for (int i = 0; i < records.Count; i++) _written.Add((batch.Objects[i].Tag, batch.Objects[i].Reference, ObjectLocation.InPack(records[i].Position)));
    }

    private List<byte[]> Split(SealedBatch batch)
    {
        var objects = new List<byte[]>(batch.Objects.Count);
        int at = 0;
        foreach (var (tag, reference, length) in batch.Objects)
        {
            at += ObjectRecord.HeaderLength;
            objects.Add(batch.Buffer.AsSpan(at, length).ToArray());
            _inLog.Add((tag, reference));
            at += length;
        }

        return objects;
    }
}
