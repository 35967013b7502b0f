using System.Diagnostics;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>Writes a collection out as files (format-1 §15). Nothing outside the folder is ever written (T17).</summary>
public static class FolderExport
{
    private const int BasesAtOnce = 512;
    private const int ProgressMilliseconds = 100;

    /// <summary>
    /// Exports into <paramref name="folder"/>, which is made when it is not there. Items that cannot be written are listed in the result
    /// and the others are exported. When it throws, each file is the old one or the new one, and a second run goes on from there.
    /// </summary>
    /// <param name="vault">An open vault.</param>
    /// <param name="folder">Where to; may be a link itself.</param>
    /// <param name="options">Collection, prefix, overwrite and mirror.</param>
    /// <param name="progress">Called on this thread, at most ten times a second.</param>
    /// <param name="cancellation">Ends the export between two pieces of a file.</param>
    /// <exception cref="SyncException">UsageWrong: the vault's own folder. FileUnwritable: the folder cannot be made or opened. DiskFull.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ExportResult Run(Vault vault, string folder, ExportOptions options, IProgress<FileProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(vault, folder, [new(options.Prefix)], options, progress, cancellation);

    /// <summary>The same for some items, each selection below names of its own; where two selections want one file, the first has it. The options' prefix does not count.</summary>
    public static ExportResult Run(Vault vault, string folder, IReadOnlyList<ExportSelection> selections, ExportOptions options, IProgress<FileProgress>? progress = null, CancellationToken cancellation = default)
    {
        long started = Stopwatch.GetTimestamp();
        string collection = ItemName.Check(options.Collection);
        vault.RefuseDerived(collection, "has no files: its values are read one by one");
        using var root = OpenFolder(vault, folder, out string canonical);
        using var target = new ExportTarget(root, vault.OwnFolder, vault.Keys);
        try
        {
            var total = new ExportResult(0, 0, 0, 0, 0, 0, [], []);
            var names = new ExportNames(IgnoresCase(root));
            foreach (var selection in selections)
            {
                string prefix = FolderImport.PrefixOf(selection.Prefix);
                var plan = new ExportPlan(vault, collection, prefix, names, selection.Only);
                plan.Make(cancellation);
                var bases = new ImportBases(vault, canonical, collection, prefix);
                var writer = new ExportWriter(vault, root, target, bases, options) { Cancellation = cancellation };
                Write(plan, bases, writer, progress, cancellation);
                total = new(total.Files + writer.Files, total.Bytes + plan.Bytes, total.NewBytes + writer.NewBytes, total.Skipped + writer.Skipped, total.Deleted + writer.Deleted, 0,
                    [.. total.Problems, .. plan.Problems, .. writer.Problems], [.. total.KeptBack, .. writer.KeptBack]);
            }

            return total with { Problems = [.. total.Problems.OrderBy(p => p.Path, StringComparer.Ordinal)], Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
        }
        catch (DiskException e)
        {
            throw e.Failure == DiskFailure.Full ? SyncErrors.DiskFull.With("The disk of the export folder is full", e) : SyncErrors.FileUnwritable.With($"'{folder}' cannot be written", e);
        }
    }

    private static void Write(ExportPlan plan, ImportBases bases, ExportWriter writer, IProgress<FileProgress>? progress, CancellationToken cancellation)
    {
        try
        {
            // Removals first: a file that is gone may stand where a folder is wanted now.
            foreach (var part in plan.Deleted.Chunk(BasesAtOnce))
            {
                var known = bases.Find([.. part.Select(i => i.Key)]);
                for (int i = 0; i < part.Length; i++) writer.Remove(part[i], known[i]);
            }

            long files = 0, bytes = 0, reported = 0;
            foreach (var part in plan.Present.Chunk(BasesAtOnce))
            {
                var known = bases.Find([.. part.Select(i => i.Key)]);
                var knownOf = part.Zip(known).ToDictionary(p => p.First.Key, p => p.Second, StringComparer.Ordinal);
                foreach (var (item, state, value) in plan.Read(part))
                {
                    cancellation.ThrowIfCancellationRequested();
                    writer.Write(item, state, value, knownOf[item.Key]);
                    files++;
                    bytes += state.Item?.First.Size ?? 0;
                    if (progress is null || Environment.TickCount64 - reported < ProgressMilliseconds) continue;
                    reported = Environment.TickCount64;
                    progress.Report(new(files, plan.Present.Count, bytes, plan.Bytes));
                }
            }

            progress?.Report(new(plan.Present.Count, plan.Present.Count, plan.Bytes, plan.Bytes));
        }
        catch (OperationCanceledException)
        {
            writer.Flush();
            throw;
        }

        writer.Flush();
    }

    private static FolderHandle OpenFolder(Vault vault, string folder, out string canonical)
    {
        try
        {
            // The folder may be inside a vault that must not be touched, so nothing is made before that is known.
            string full = Path.GetFullPath(folder), existing = full;
            while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing) ?? throw new DirectoryNotFoundException(full);
            vault.OwnFolder.RefuseInside(FolderHandle.Canonical(existing));
            Directory.CreateDirectory(full);
            canonical = FolderHandle.Canonical(full);
            return FolderHandle.Open(canonical);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnwritable.With($"The folder '{folder}' cannot be made or opened", e);
        }
    }

    private static bool IgnoresCase(FolderHandle root)
    {
        string probe = TemporaryName.New();
        using (root.CreateFile(probe))
        {
        }

        bool ignores = root.TryStat(probe.ToUpperInvariant()) is not null;
        root.RemoveFile(probe);
        return ignores;
    }
}
