using SyncModule.Commands.Items;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Files;

namespace SyncModule.Commands.Files;

/// <summary>
/// Files in or out: collects what the pipeline brings and runs it as one piece of work behind a progress bar, then says what came of it. A
/// record of another vault or collection begins another one.
/// </summary>
public abstract class FileCmdlet : ItemCmdlet
{
    private const int ProgressId = 2205;

    private OpenVault? _open;
    private string _collection = DefaultCollection;

    /// <summary>Takes one record of the pipeline.</summary>
    private protected abstract void Take(OpenVault open);

    /// <summary>What was taken, as work to run, and forgets it; null when nothing was.</summary>
    private protected abstract FileWork? Work(OpenVault open, string collection);

    protected sealed override void Process()
    {
        var open = Open();
        if (_open is not null && (!ReferenceEquals(_open, open) || _collection != Collection)) Flush();
        (_open, _collection) = (open, Collection);
        Take(open);
    }

    protected sealed override void End() => Flush();

    private void Flush()
    {
        if (_open is not { } open || Work(open, _collection) is not { } work) return;
        var result = Run(work);
        foreach (var problem in result.Problems) Report(ErrorOf(problem), problem.Path);
        foreach (var note in result.KeptBack) WriteWarning($"Left alone: {note.Path}: {note.Reason}.");
        if (result is ImportResult { FoldersLeftOut: > 0 and var folders }) WriteWarning($"{folders} folders inside of what was named were left out; -Recurse takes them too.");
        WriteObject(new SyncFiles
        {
            Vault = open.Name,
            Files = result.Files,
            Bytes = result.Bytes,
            NewBytes = result.NewBytes,
            Skipped = result.Skipped,
            Deleted = result.Deleted,
            Failed = result.Problems.Count,
            Seconds = result.Seconds,
        });
    }

    private FolderResult Run(FileWork work)
    {
        var bar = new FileProgressBar(work.Activity, ProgressId);
        using var pump = new Pump(StopToken);
        FolderResult? result = null;
        var progress = new Reporting<FileProgress>(p =>
        {
            if (bar.Report(p) is { } record) pump.Post(() => WriteProgress(record));
        });
        pump.Run(
            cancellation =>
            {
                result = work.Run(progress, cancellation);
                return Task.CompletedTask;
            },
            last: () => WriteProgress(bar.Completed));
        return result!;
    }

    // A file that was refused, as the error that it is.
    private static SyncException ErrorOf(FileProblem problem)
    {
        var kind = SyncErrors.All.FirstOrDefault(k => k.Id == problem.ErrorId) ?? SyncErrors.FileUnreadable;
        return kind.With(problem.Message.Contains(problem.Path, StringComparison.Ordinal) ? problem.Message : $"{problem.Path}: {problem.Message}");
    }
}

/// <summary>An import or an export of the engine, and what it is called above the progress bar.</summary>
internal sealed record FileWork(string Activity, Func<IProgress<FileProgress>, CancellationToken, FolderResult> Run);
