using System.Management.Automation;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Files;

namespace SyncModule.Commands.Files;

/// <summary>Runs an import or an export of the engine behind a progress bar, and says what came of it.</summary>
internal static class FileRun
{
    private const int ProgressId = 2205;

    public static T Of<T>(PSCmdlet cmdlet, CancellationToken stop, string activity, Func<IProgress<FileProgress>, CancellationToken, T> work)
    {
        var bar = new FileProgressBar(activity, ProgressId);
        using var pump = new Pump(stop);
        T? result = default;
        var progress = new Reporting<FileProgress>(p =>
        {
            if (bar.Report(p) is { } record) pump.Post(() => cmdlet.WriteProgress(record));
        });
        pump.Run(
            cancellation =>
            {
                result = work(progress, cancellation);
                return Task.CompletedTask;
            },
            last: () => cmdlet.WriteProgress(bar.Completed));
        return result!;
    }

    /// <summary>A file that was refused, as the error that it is.</summary>
    public static SyncException ErrorOf(FileProblem problem)
    {
        var kind = SyncErrors.All.FirstOrDefault(k => k.Id == problem.ErrorId) ?? SyncErrors.FileUnreadable;
        return kind.With(problem.Message.Contains(problem.Path, StringComparison.Ordinal) ? problem.Message : $"{problem.Path}: {problem.Message}");
    }

    public static SyncFiles SummaryOf(OpenVault open, FolderResult result) => new()
    {
        Vault = open.Name,
        Files = result.Files,
        Bytes = result.Bytes,
        NewBytes = result.NewBytes,
        Skipped = result.Skipped,
        Deleted = result.Deleted,
        Failed = result.Problems.Count,
        Seconds = result.Seconds,
    };
}
