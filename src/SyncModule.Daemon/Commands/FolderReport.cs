using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Files;

namespace SyncModule.Daemon.Commands;

/// <summary>What import and export say in the same words.</summary>
internal static class FolderReport
{
    /// <summary>An error line for each file that could not be taken, a line for each that was left alone; gives the exit code.</summary>
    public static int Finish(ResultWriter output, IReadOnlyList<FileProblem> problems, IReadOnlyList<FileNote> keptBack)
    {
        foreach (var note in keptBack) output.Text($"left alone: {note.Path}: {note.Reason}");
        foreach (var problem in problems)
        {
            var kind = SyncErrors.All.FirstOrDefault(k => k.Id == problem.ErrorId) ?? SyncErrors.FileUnreadable;
            ErrorReport.Line(kind, problem.Message.Contains(problem.Path, StringComparison.Ordinal) ? problem.Message : $"{problem.Path}: {problem.Message}");
        }

        return problems.Count == 0 ? ExitCode.Ok : ExitCode.Error;
    }

    /// <summary>Problems and notes as JSON.</summary>
    public static object[] Json(IReadOnlyList<FileProblem> problems) => [.. problems.Select(p => new { path = p.Path, error = p.ErrorId, message = p.Message })];

    public static object[] Json(IReadOnlyList<FileNote> notes) => [.. notes.Select(n => new { path = n.Path, reason = n.Reason })];
}

/// <summary>Progress of files as a bar.</summary>
internal sealed class FileBar(TransferBar? bar) : IProgress<FileProgress>, IDisposable
{
    public static FileBar Start(string what) => new(TransferBar.Start(what));

    public void Report(FileProgress value) => bar?.Report(value.BytesDone, value.BytesTotal, value.BytesDone);

    public void Dispose() => bar?.Dispose();
}
