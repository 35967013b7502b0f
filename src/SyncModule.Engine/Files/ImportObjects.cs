using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Where the sealed objects of one import go (format-1 §12): up to 1 MiB in all into the log, with the commit; more into one pack,
/// which is synced now and then beside the writing, and to the open sessions at once. Nothing counts as stored before
/// <see cref="MakeDurable"/>. One thread.
/// </summary>
/// <param name="vault">The vault.</param>
/// <param name="index">Where what is durable is listed.</param>
/// <param name="feed">The open sessions.</param>
/// <param name="expectedBytes">What will come at the most, as far as it is known when a pack is begun: for reserving room.</param>
internal sealed class ImportObjects(VaultContext vault, IIndexAccess index, ObjectFeed feed, Func<long> expectedBytes) : IDisposable
{
    private const int SmallJobBytes = 1 << 20;
    private const int SmallObjectBytes = 64 << 10;

    private List<(Id32 Tag, ObjectReference Reference, ObjectLocation Location)> _written = [];
    private Task _syncing = Task.CompletedTask;
    private SealedBatch? _held;
    private PackWriter? _pack;
    private List<(Id32 Tag, ObjectReference Reference)> _inLog = [];

    /// <summary>Bytes and objects that no sync was begun for.</summary>
    public long UnsyncedBytes { get; private set; }

    public int UnsyncedObjects => _written.Count + (_held?.Objects.Count ?? 0);

    /// <summary>Everything added is durable: <see cref="MakeDurable"/> has nothing to do.</summary>
    public bool IsIdle => UnsyncedObjects == 0 && _syncing.IsCompleted;

    /// <summary>Takes the batch's objects, and its block, which goes back when everybody is done with it.</summary>
    public void Add(SealedBatch batch)
    {
        if (batch.Objects.Count == 0)
        {
            batch.Block.Release();
            return;
        }

        UnsyncedBytes += batch.Length;
        if (_pack is null && _held is null && IsSmall(batch))
        {
            _held = batch;
            return;
        }

        WriteHeld();
        Write(batch);
    }

    /// <summary>Begins to make durable, and to list, what was added, on another thread. One lot at a time: waits for the one before.</summary>
    public void BeginSync()
    {
        WriteHeld();
        EndSync();
        if (_written.Count == 0) return;
        var (lot, pack) = (_written, _pack!);
        (_written, UnsyncedBytes) = ([], 0);
        _syncing = Task.Factory.StartNew(
            () =>
            {
                pack.Sync();
                List(lot);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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
        EndSync();
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

    public void Dispose()
    {
        _held?.Block.Release();
        _held = null;
        _syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult(); // its failure was told, or another one was met first
        _pack?.Dispose();
    }

    private static bool IsSmall(SealedBatch batch) => batch.Length <= SmallJobBytes && batch.Objects.TrueForAll(o => o.Length <= SmallObjectBytes);

    private void EndSync() => _syncing.GetAwaiter().GetResult();

    private void List(List<(Id32 Tag, ObjectReference Reference, ObjectLocation Location)> written)
    {
        index.Change(step =>
        {
            step.Arrived([.. written.Select(w => (w.Reference.Address, w.Location))]);
            foreach (var (tag, reference, _) in written)
            {
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
        try
        {
            feed.Publish(batch.Block, batch.Length);
            _pack ??= vault.Packs.CreateWriter(expectedBytes());
            long at = _pack.AppendBlock(batch.Block, batch.Length);
            foreach (var one in batch.Objects) _written.Add((one.Tag, one.Reference, ObjectLocation.InPack(new(_pack.Pack, at + one.Offset, one.Length))));
        }
        finally
        {
            batch.Block.Release();
        }
    }

    private List<byte[]> Split(SealedBatch batch)
    {
        var objects = new List<byte[]>(batch.Objects.Count);
        foreach (var one in batch.Objects)
        {
            objects.Add(batch.Block.GetSpan().Slice(one.Offset, one.Length).ToArray());
            _inLog.Add((one.Tag, one.Reference));
        }

        batch.Block.Release();
        return objects;
    }
}
