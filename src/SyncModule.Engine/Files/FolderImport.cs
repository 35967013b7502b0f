using System.Diagnostics;
using System.Runtime.ExceptionServices;
using SyncModule.Core.Encoding;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Brings a folder's content into a vault (format-1 §15). Four threads with queues between them: list, read and cut, seal, write;
/// memory does not depend on the size of files.
/// </summary>
public static class FolderImport
{
    private const int QueuedBatches = 2;

    /// <summary>Being filled, queued, being written, held for its commit, and under way to sessions.</summary>
    private const int SealedBlocks = 6;
    private const int ProgressMilliseconds = 100;

    /// <summary>
    /// Imports everything below <paramref name="folder"/>, which may be a link itself. Files that cannot be taken are listed in the
    /// result and the others are imported. When it throws, what was committed before is valid and a second run goes on from there.
    /// </summary>
    /// <param name="vault">An open vault in which this device may write.</param>
    /// <param name="folder">An existing folder.</param>
    /// <param name="options">Collection, prefix and mirror.</param>
    /// <param name="progress">Called from another thread, at most ten times a second.</param>
    /// <param name="cancellation">Ends the import between two reads.</param>
    /// <exception cref="SyncException">FileNotFound: no such folder. UsageWrong: the vault's own folder. DiskFull, DiskFailed: of the vault.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImportResult Run(Vault vault, string folder, ImportOptions options, IProgress<FileProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(vault, folder, only: null, options, new ImportedKeys(), progress, cancellation);

    /// <summary>The same with the paths below the folder that are taken, '/' between names; null for all; they are looked at while those before are read. <paramref name="keys"/> is shared by the folders of one import.</summary>
    internal static ImportResult Run(Vault vault, string folder, IEnumerable<string>? only, ImportOptions options, ImportedKeys keys, IProgress<FileProgress>? progress, CancellationToken cancellation)
    {
        if (options.Mirror && (only is not null || !options.Recurse)) throw SyncErrors.UsageWrong.With("What is gone can only be told by a whole folder: a mirror needs a folder and everything below it");
        long started = Stopwatch.GetTimestamp();
        string collection = ItemName.Check(options.Collection), prefix = PrefixOf(options.Prefix);
        vault.RefuseDerived(collection, "nothing is imported into it");
        using var root = OpenFolder(folder, out string canonical);
        vault.OwnFolder.RefuseInside(canonical);
        var scan = new FolderScan(root, vault.OwnFolder, prefix, options.Recurse, keys);
        try
        {
            if (only is null) scan.Begin();
        }
        catch (DiskException e)
        {
            throw SyncErrors.FileUnreadable.With($"The folder '{folder}' cannot be read", e);
        }

        var bases = new ImportBases(vault, canonical, collection, prefix);
        using var run = new Pipeline(vault, root, bases, collection, scan, progress);
        run.Start(() =>
        {
            if (only is null) scan.Run(run.Stop);
            else scan.Take(only, run.Stop);
        }, cancellation);
        var mirror = new ImportMirror(vault, bases, collection, prefix);
        if (options.Mirror) mirror.Run(scan, cancellation);
        progress?.Report(new(scan.Files, scan.Files, scan.Bytes, scan.Bytes));
        var (reader, writer) = (run.Reader, run.Writer);
        return new(writer.Files, writer.Bytes, writer.NewBytes, reader.Skipped + writer.Known, mirror.Deleted, Stopwatch.GetElapsedTime(started).TotalSeconds,
            [.. scan.Problems.Concat(reader.Problems).Concat(writer.Problems).OrderBy(p => p.Path, StringComparer.Ordinal)], [.. writer.KeptBack, .. mirror.KeptBack])
        { ContentReads = reader.ContentReads, FoldersLeftOut = only is null ? scan.FoldersLeftOut : 0 };
    }

    /// <summary>The prefix in NFC without '/' at its ends; "" for none.</summary>
    internal static string PrefixOf(string? prefix)
    {
        string trimmed = (prefix ?? "").Trim('/');
        return trimmed.Length == 0 ? "" : ItemName.Check(trimmed);
    }

    private static FolderHandle OpenFolder(string folder, out string canonical)
    {
        try
        {
            canonical = FolderHandle.Canonical(folder);
            return FolderHandle.Open(canonical);
        }
        catch (DiskException e)
        {
            throw e.Failure == DiskFailure.NotFound ? SyncErrors.FileNotFound.With($"There is no folder '{folder}'", e) : SyncErrors.FileUnreadable.With($"The folder '{folder}' cannot be read", e);
        }
    }

    private sealed class Pipeline : IDisposable
    {
        private readonly WorkQueue<ImportBatch> _read = new(QueuedBatches);
        private readonly WorkQueue<SealedBatch> _sealed = new(QueuedBatches);
        private readonly WorkQueue<ImportBatch> _used = new();
        private readonly BlockPool _plainBlocks = new(ImportBatch.Size, QueuedBatches + 2, secret: true);
        private readonly BlockPool _sealedBlocks = new(SealedBatch.Size, SealedBlocks);
        private readonly CancellationTokenSource _stop = new();
        private readonly FolderScan _scan;
        private readonly IProgress<FileProgress>? _progress;
        private readonly ImportObjects _objects;
        private readonly ImportSealer _sealer;
        private ExceptionDispatchInfo? _failure;
        private long _files, _bytes, _reported;

        public Pipeline(Vault vault, FolderHandle root, ImportBases bases, string collection, FolderScan scan, IProgress<FileProgress>? progress)
        {
            (_scan, _progress) = (scan, progress);
            _objects = vault.NewImportObjects(() => scan.Bytes);
            _sealer = vault.NewImportSealer(batch => _sealed.Add(batch, _stop.Token), () => _sealedBlocks.Rent(_stop.Token));
            Reader = new ImportReader(root, vault.Keys, bases, _read, EmptyBatch, _stop.Token) { Progress = Advance };
            Writer = new ImportWriter(vault, _objects, bases, collection, vault.Keys.Genesis.ContentOf(Digest.Hash([]))) { Cancellation = _stop.Token };
        }

        public ImportReader Reader { get; }

        public ImportWriter Writer { get; }

        /// <summary>Cancelled when any stage fails, or from outside.</summary>
        public CancellationToken Stop => _stop.Token;

        /// <param name="list">Lists the folder into the scan.</param>
        /// <param name="cancellation">From outside.</param>
        public void Start(Action list, CancellationToken cancellation)
        {
            using var linked = cancellation.Register(_stop.Cancel);
            var listing = Begin("import list", list, _scan.EndLots);
            var reading = Begin("import reader", () => Reader.Run(_scan), _read.Complete);
            var sealing = Begin("import sealer", Seal, _sealed.Complete);
            Guard(Write);
            listing.Join();
            reading.Join();
            sealing.Join();
            cancellation.ThrowIfCancellationRequested();
            _failure?.Throw();
        }

        public void Dispose()
        {
            Writer.Dispose();
            _objects.Dispose();
            Reader.Dispose();
            _sealer.Dispose();
            while (_sealed.TryTake(out var left, 0)) left.Block.Release();
            _stop.Dispose();
            _plainBlocks.Dispose();
            _sealedBlocks.Dispose();
        }

        // Blocks are bounded, so this waits while the next stage is behind.
        private ImportBatch EmptyBatch()
        {
            if (!_used.TryTake(out var batch, 0))
            {
                if (_plainBlocks.TryRent() is { } block) return new(block);
                _used.TryTake(out batch, cancellation: _stop.Token);
            }

            batch.Clear();
            return batch;
        }

        private void Seal()
        {
            while (_read.TryTake(out var batch, cancellation: _stop.Token))
            {
                _sealer.Take(batch);
                _used.Add(batch);
            }

            if (!_stop.IsCancellationRequested) _sealer.Finish();
        }

        private void Write()
        {
            while (_sealed.TryTake(out var batch, cancellation: _stop.Token)) Writer.Take(batch);
            _stop.Token.ThrowIfCancellationRequested();
            Writer.Flush(last: true);
        }

        private Thread Begin(string name, Action action, Action end)
        {
            var thread = new Thread(() =>
            {
                Guard(action);
                end();
            })
            { IsBackground = true, Name = name };
            thread.Start();
            return thread;
        }

        // The first failure stops all stages and is what the caller sees.
        private void Guard(Action action)
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                var shown = e is DiskException disk ? disk.ToSyncException() : e;
                if (e is not OperationCanceledException) Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(shown), null);
                _stop.Cancel();
            }
        }

        private void Advance(long files, long bytes)
        {
            _files += files;
            _bytes += bytes;

            // A total that still grows would make a bar run back.
            if (_progress is null || !_scan.IsComplete || Environment.TickCount64 - _reported < ProgressMilliseconds) return;
            _reported = Environment.TickCount64;
            _progress.Report(new(_files, _scan.Files, _bytes, _scan.Bytes));
        }
    }
}
