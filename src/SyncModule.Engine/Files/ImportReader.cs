using SyncModule.Core.Chunking;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// First stage of an import: reads what is not known to be unchanged and cuts it. A file whose stamp moves
/// while it is read is read again, at most three times (format-1 §15).
/// </summary>
internal sealed class ImportReader(FolderHandle root, VaultKeys keys, ImportBases bases, WorkQueue<ImportBatch> output, Func<ImportBatch> empty, CancellationToken cancellation) : IDisposable
{
    private const int ReadSize = 1 << 20;
    private const int Attempts = 4;

    /// <summary>Clocks of file systems tick every 1 to 10 ms: a file changed within the same tick could change again without showing it.</summary>
    private const long TickNanoseconds = 20_000_000;

    private long _told;
    private readonly Id32 _empty = keys.Genesis.ContentOf(Core.Encoding.Digest.Hash([]));
    private readonly DedupTagger _tagger = new(keys);
    private ImportBatch _batch = empty();

    public List<FileProblem> Problems { get; } = [];

    public long Skipped { get; private set; }

    /// <summary>How often a file's content was read.</summary>
    public long ContentReads { get; private set; }

    /// <summary>Called with (files, bytes) that are done; a large file tells its bytes while it is read.</summary>
    public required Action<long, long> Progress { get; init; }

    /// <summary>Takes the files as they are listed.</summary>
    public void Run(FolderScan scan)
    {
        using var cursor = new FolderCursor(root);
        var young = new List<(ScannedFile, ImportBase?)>();
        while (scan.TryTake(out var part, cancellation))
        {
            var known = bases.Find([.. part.Select(f => f.Key)]);
            for (int i = 0; i < part.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (known[i] is { } same && same.Stamp == part[i].Facts.Stamp && same.Version.Kind == part[i].Facts.Kind)
                {
                    Skipped++;
                    Done(part[i]);
                }
                else if (IsYoung(part[i].Facts)) young.Add((part[i], known[i]));
                else Take(cursor, part[i], known[i]);
            }
        }

        // Read last, when the tick in which they were written is over.
        if (young.Count > 0 && young.Exists(f => IsYoung(f.Item1.Facts))) cancellation.WaitHandle.WaitOne((int)(TickNanoseconds / 1_000_000));
        foreach (var (file, known) in young)
        {
            cancellation.ThrowIfCancellationRequested();
            Take(cursor, file, known);
        }

        if (_batch.Steps.Count > 0) output.Add(_batch, cancellation);
    }

    public void Dispose() => _tagger.Dispose();

    private static bool IsYoung(FileFacts facts)
    {
        long now = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
        return facts.Kind == EntryKind.File && facts.Changed != 0 && Math.Abs(now - facts.Changed) < TickNanoseconds;
    }

    private void Take(FolderCursor cursor, ScannedFile file, ImportBase? known)
    {
        try
        {
            var folder = cursor.Go(file.Folder);
            switch (file.Facts.Kind)
            {
                case EntryKind.Link when folder.ReadLink(file.Name) is { } target:
                    End(new(file, known, new(EntryKind.Link, null, target, _empty), file.Facts.Stamp), 0, 0);
                    break;
                case EntryKind.Link:
                    Problems.Add(new(file.Path, SyncErrors.NameInvalid.Id, "The target of the link is not well-formed UTF-8"));
                    break;
                case EntryKind.Folder:
                    End(new(file, known, new(EntryKind.Folder, file.Facts.Mode, null, _empty), file.Facts.Stamp), 0, 0);
                    break;
                default:
                    if (file.Facts.Size > ItemValue.MaxInline || !TryTakeSmall(folder, file, known)) ReadFile(folder, file, known);
                    break;
            }
        }
        catch (DiskException e)
        {
            Abandon();
            var kind = e.Failure == DiskFailure.NotFound ? SyncErrors.FileChanging : SyncErrors.FileUnreadable;
            Problems.Add(new(file.Path, kind.Id, e.Failure == DiskFailure.NotFound ? "The file went away while the folder was read" : e.Message));
        }

        Done(file);
    }

    // The usual small file. The look at it in the listing stands for the one before it is read: what has not moved since then has not
    // moved while it was read. False: it has, so it is read with a look before and after.
    private bool TryTakeSmall(FolderHandle folder, ScannedFile file, ImportBase? known)
    {
        // One byte more than is expected shows growth.
        int room = (int)file.Facts.Size + 1;
        if (ImportBatch.Size - _batch.Filled < room) Pass(_batch.Filled);
        ContentReads++;
        int read = folder.ReadOnce(file.Name, _batch.Bytes.Slice(_batch.Filled, room), out var now);
        if (read != file.Facts.Size || now.Kind != EntryKind.File || now.Stamp != file.Facts.Stamp) return false;
        _batch.AddSmall(new(file, known, new(EntryKind.File, now.Mode, null, default), now.Stamp), read);
        if (_batch.Small >= ImportBatch.MaxSmall) Pass(_batch.Filled);
        return true;
    }

    private void ReadFile(FolderHandle folder, ScannedFile file, ImportBase? known)
    {
        for (int attempt = 1; ; attempt++)
        {
            ContentReads++;
            using (var reader = folder.OpenFile(file.Name))
            {
                var before = reader.Stat();
                if (before.Kind != EntryKind.File) throw new DiskException(DiskFailure.NotFound, "read", file.Name, "no file any more");
                var (offset, length, total) = Read(reader, before.Size);
                if (total == before.Size && reader.Stat().Stamp == before.Stamp)
                {
                    // The next stage knows the content.
                    End(new(file, known, new(EntryKind.File, before.Mode, null, _empty), before.Stamp), offset, length);
                    return;
                }
            }

            Abandon();
            if (attempt == Attempts) break;
            cancellation.WaitHandle.WaitOne(10 * attempt);
            cancellation.ThrowIfCancellationRequested();
        }

        Problems.Add(new(file.Path, SyncErrors.FileChanging.Id, $"The file changed each of the {Attempts} times that it was read"));
    }

    // A small file stays in the batch whole (offset, length); a larger one has become chunks.
    private (int Offset, int Length, long Total) Read(FileReader reader, long size)
    {
        int start = _batch.Filled;
        long total = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            // One byte more than is expected shows growth without another call.
            int room = (int)Math.Min(ReadSize, Math.Max(size - total, 0) + 1);
            if (ImportBatch.Size - _batch.Filled < room) start = Pass(start);
            int read = reader.Read(_batch.Bytes.Slice(_batch.Filled, room));
            _batch.Filled += read;
            total += read;
            if (read > 0)
            {
                _told += read;
                Progress(0, read);
            }

            bool final = read == 0 || (total == size && read < room);
            if (final && total <= ItemValue.MaxInline) return (start, (int)total, total);
            while (start < _batch.Filled)
            {
                int cut = Chunker.NextCut(_batch.Bytes[start.._batch.Filled], keys.Gear, final);
                if (cut == 0) break;
                _batch.Steps.Add(new(ImportStepKind.Chunk, start, cut, null));
                start += cut;
            }

            if (final || total > size) return (start, 0, total);
        }
    }

    private void End(ImportedFile file, int offset, int length)
    {
        _batch.Steps.Add(new(ImportStepKind.End, offset, length, file));
        if (_batch.Steps.Count >= ImportBatch.MaxSteps) Pass(_batch.Filled);
    }

    private void Abandon() => _batch.Steps.Add(new(ImportStepKind.Abandon, 0, 0, null));

    // Passes the batch on; what is not cut yet, less than one chunk, goes to the start of the next.
    private int Pass(int keepFrom)
    {
        var full = _batch;
        // The sealing stage is behind: this one takes that pass over the bytes, which makes the two equally long.
        if (output.IsFull) full.Tag(_tagger);
        var next = empty();
        int rest = full.Filled - keepFrom;
        full.Bytes.Slice(keepFrom, rest).CopyTo(next.Bytes);
        next.Filled = rest;
        _batch = next;
        output.Add(full, cancellation);
        return 0;
    }

    // What was told piece by piece is made up to the size that the total counts, whether the file was read twice or not at all.
    private void Done(ScannedFile file)
    {
        Progress(1, (file.Facts.Kind == EntryKind.File ? file.Facts.Size : 0) - _told);
        _told = 0;
    }
}
