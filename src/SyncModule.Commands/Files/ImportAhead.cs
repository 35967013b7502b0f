using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Files;

/// <summary>
/// An import that reads and stores what the pipeline has brought while it brings more: for PowerShell to carry ten thousand files through a
/// pipeline takes as long as to import them. Used by the pipeline's thread; the import has one of its own.
/// </summary>
internal sealed class ImportAhead : IDisposable, IProgress<FileProgress>
{
    private readonly GrowingPaths _paths = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<ImportResult> _run;
    private volatile IProgress<FileProgress>? _progress;

    public ImportAhead(Vault vault, string root, ImportOptions options)
    {
        var paths = new ImportPaths(root, [], _paths.Take(_stop.Token));
        _run = Task.Factory.StartNew(() => PathImport.Run(vault, paths, options, this, _stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Hands over some paths at a time: waking the import for each would cost more than it saves.</summary>
    public void Add(IReadOnlyList<string> paths) => _paths.Add(paths);

    /// <summary>Nothing more comes: the import may end while its end is waited for elsewhere.</summary>
    public void Complete() => _paths.Complete();

    /// <summary>Waits for the end, after <see cref="Complete"/>.</summary>
    /// <exception cref="SyncException">As <see cref="PathImport.Run"/>.</exception>
    public ImportResult Finish(IProgress<FileProgress> progress, CancellationToken cancellation)
    {
        _progress = progress;
        using var linked = cancellation.Register(_stop.Cancel);
        return _run.GetAwaiter().GetResult();
    }

    /// <summary>A pipeline that was ended from outside never comes to <see cref="Finish"/>: then the import ends between two reads, and what was stored stays.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        Task.WaitAny(_run);
        _stop.Dispose();
    }

    // Until the end the pipeline's thread is at work elsewhere, and no other may draw a bar.
    void IProgress<FileProgress>.Report(FileProgress value) => _progress?.Report(value);
}
