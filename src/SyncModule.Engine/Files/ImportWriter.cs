using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Last stage of an import: objects to the disk, then the commits that name them, and beside the next ones their bases. What an interruption
/// leaves behind is valid at every point: objects nobody names, or versions whose base is found again by comparing.
/// </summary>
internal sealed class ImportWriter(Vault vault, ImportObjects objects, ImportBases bases, string collection, Id32 empty) : IDisposable
{
    public const int MaxUnsyncedObjects = 16_384;

    /// <summary>A sync costs nothing measurable at this distance, and a cut loses at most this much work.</summary>
    private const long MaxUnsyncedBytes = 64 << 20;

    /// <summary>Operations that are about one commit.</summary>
    public const int OperationsPerJob = 1000;
    private const int MaxWaitingFiles = 16_384;
    private const long MaxWaitingBytes = 8 << 20;

    /// <summary>Bases that are worth a sync of their own.</summary>
    private const int BasesAtOnce = 4096;

    private readonly List<ImportedFile> _waiting = [];
    private List<(string Key, ImportBase? Base)> _unsaved = [];
    private Task _saving = Task.CompletedTask;
    private long _waitingBytes;

    public long Files { get; private set; }

    public long Bytes { get; private set; }

    public long NewBytes { get; private set; }

    public long Known { get; private set; }

    public List<FileNote> KeptBack { get; } = [];

    /// <summary>Ends the import between two steps of a lot too: a lot is thousands of files, and somebody may wait for the prompt.</summary>
    public CancellationToken Cancellation { get; init; }

    public List<FileProblem> Problems { get; } = [];

    public void Take(SealedBatch batch)
    {
        _waiting.AddRange(batch.Files);
        foreach (var file in batch.Files) _waitingBytes += 512 + file.Value!.Inline.Length;
        NewBytes += batch.NewBytes;
        objects.Add(batch);
        bool lot = objects.UnsyncedBytes >= MaxUnsyncedBytes || objects.UnsyncedObjects >= MaxUnsyncedObjects;

        // In the middle of a large file there is no commit to write: nobody waits for the sync.
        if (lot && _waiting.Count == 0) objects.BeginSync();
        else if (lot || _waiting.Count >= MaxWaitingFiles || _waitingBytes >= MaxWaitingBytes) Flush(last: false);

        // Values that stand in the commit itself wait for nothing: peers get these while the next ones are read.
        else if (_waiting.Count >= OperationsPerJob && objects.IsIdle) Flush(last: false);
    }

    public void Flush(bool last)
    {
        var small = objects.MakeDurable(last);
        // What is durable now is found by its content when the import is run again.
        Cancellation.ThrowIfCancellationRequested();
        // Nothing follows the last commit but what it leaves: bases of those before go meanwhile.
        if (last && _waiting.Count > 0 && _unsaved.Count > 0) SaveBases(last: false);
        if (_waiting.Count > 0)
        {
            Commit(_waiting, small, Build);
            var contested = _waiting.Where(f => f.Outcome == ImportOutcome.Contested).ToList();
            if (contested.Count > 0) Settle(contested);
            objects.RememberSmall();
            foreach (var file in _waiting)
            {
                Count(file);
                if (file.Outcome != ImportOutcome.Refused) _unsaved.Add((file.Source.Key, new ImportBase(file.Dots, file.Version, file.Stamp)));
            }
        }

        _waiting.Clear();
        _waitingBytes = 0;
        if (last || _unsaved.Count >= BasesAtOnce) SaveBases(last);
    }

    /// <summary>Waits for bases that are being saved; what came of it was told, or another failure was met first.</summary>
    public void Dispose() => _saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();

    // Of files that are durable: they may be saved while the next ones are written. One lot at a time.
    private void SaveBases(bool last)
    {
        _saving.GetAwaiter().GetResult();
        var lot = _unsaved;
        _unsaved = [];
        if (last) bases.Save(lot);
        else _saving = Task.Factory.StartNew(() => bases.Save(lot), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Commit(List<ImportedFile> files, IReadOnlyList<byte[]> small, Func<ImportedFile, KeyState?, Operation?> build)
    {
        var jobs = files.Chunk(OperationsPerJob)
            .Select((part, i) => new CommitJob([.. part.Select(f => new ItemIntent(collection, f.Source.Key, state => build(f, state)) { Overwrites = true })], i == 0 ? small : []))
            .ToList();
        var results = vault.Commit(jobs);
        for (int i = 0; i < files.Count; i++)
        {
            if (results[i / OperationsPerJob].Dots[i % OperationsPerJob] is { } dot) files[i].Dots = [dot];
        }
    }

    // format-1 §15. Runs under the append lock, perhaps more than once.
    private Operation? Build(ImportedFile file, KeyState? state)
    {
        if (file.Known is null && state is null) return Put(file, state, []); // nearly every file of a first import
        var equal = Equal(file, state);
        if (file.Known is { } known)
        {
            if (file.Version.SameAs(known.Version))
            {
                file.Dots = known.Dots;
                return Leave(file, ImportOutcome.Known);
            }

            if (state is null || IsPresent(known, state)) return Put(file, state, known.Dots);
        }

        if (equal.Count == 0) return Leave(file, ImportOutcome.Contested);
        file.Dots = equal;
        return Leave(file, ImportOutcome.Known);
    }

    private static bool IsPresent(ImportBase known, KeyState state) => state.Item?.Heads.Any(h => known.Dots.Contains(h.Dot)) ?? false;

    // No base, or one that was replaced, and none of the present versions is the file. An old copy of a file must not undo what came after
    // it: a version that is kept in the history becomes the base. What was never in the vault competes with what is there, in sight.
    private void Settle(List<ImportedFile> contested)
    {
        var unknown = new List<ImportedFile>();
        foreach (var file in contested)
        {
            if (KeptVersions.Find(vault, collection, file.Source.Key, file.Version, file.Known, empty) is not { } match) unknown.Add(file);
            else
            {
                file.Dots = [match];
                bool deleted = vault.Find(collection, file.Source.Key) is { } state && View.Of(state).Status == ItemStatus.Deleted;
                file.Outcome = deleted ? ImportOutcome.KnownDeleted : ImportOutcome.Known;
            }
        }

        if (unknown.Count == 0) return;
        Commit(unknown, [], (file, state) =>
        {
            var equal = Equal(file, state);
            if (equal.Count > 0)
            {
                file.Dots = equal;
                return Leave(file, ImportOutcome.Known);
            }

            // Where only deletions are left there is nothing to lose: the file is a new start.
            if (file.Known is { } known) return Put(file, state, known.Dots);
            return Put(file, state, state is null || state.IsOnlyDeleted ? null : []);
        });
    }

    private List<Dot> Equal(ImportedFile file, KeyState? state) =>
        [.. (state?.Item?.Heads ?? []).Where(h => file.Version.SameAs(FileVersion.Of(h, empty))).Select(h => h.Dot)];

    private static Operation? Leave(ImportedFile file, ImportOutcome outcome)
    {
        file.Outcome = outcome;
        return null;
    }

    private Operation? Put(ImportedFile file, KeyState? state, IReadOnlyList<Dot>? baseHeads)
    {
        // Refused by the commit, which the other files of this lot share: it is this file's problem alone.
        if (state is { MostHeads: > KeyState.MaxHeads }) return Leave(file, ImportOutcome.Refused);
        file.Outcome = ImportOutcome.Put;
        var metadata = file.Version.ToMetadata(file.Stamp.Modified, baseHeads is null ? null : MetadataOf(state, baseHeads), file.Known?.Version.Mode);
        return Writes.Put(state, collection, file.Source.Key, file.Value, metadata: metadata, content: file.Version.Content, baseHeads: Plants.ImportReplacesAll ? null : baseHeads);
    }

    private static Metadata? MetadataOf(KeyState? state, IReadOnlyList<Dot> baseHeads) => baseHeads.Count == 0 ? null : state?.Item?.Heads.FirstOrDefault(h => baseHeads.Contains(h.Dot))?.Metadata;

    private void Count(ImportedFile file)
    {
        if (file.Outcome == ImportOutcome.Put)
        {
            Files++;
            Bytes += file.Value!.Length;
            if (file.Value.Reference is null) NewBytes += file.Value.Length;
        }
        else if (file.Outcome == ImportOutcome.Refused) Problems.Add(new(file.Source.Path, SyncErrors.TooManyVersions.Id, $"More than {KeyState.MaxHeads} versions of '{file.Source.Key}' compete; decide between them first"));
        else
        {
            Known++;
            if (file.Outcome == ImportOutcome.KnownDeleted) KeptBack.Add(new(file.Source.Path, "it equals a version that was deleted in the vault"));
        }
    }
}
