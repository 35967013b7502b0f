using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Daemon.CommandLine;

/// <summary>Writes failures as <c>error: &lt;ErrorId&gt;: &lt;what happened&gt;. &lt;what to type&gt;</c> on standard error and gives their exit code.</summary>
internal static class ErrorReport
{
    public static int Write(Exception failure)
    {
        switch (failure)
        {
            case CommandFailure f:
                Line(f.Kind, f.Message, f.NextStep);
                return ExitCode.Of(f.Kind);
            case SyncException f:
                Line(f.Kind, f.Detail, f.NextStep);
                return ExitCode.Of(f.Kind);
            case DiskException f:
                return Write(f.ToSyncException());
            case OperationCanceledException:
                Line(SyncErrors.Interrupted, "Interrupted (nothing lost)", SyncErrors.Interrupted.NextStep);
                return ExitCode.Interrupted;
            case TypeInitializationException { InnerException: { } inner }:
                return Write(inner);
            case AggregateException { InnerException: { } inner }:
                return Write(inner);
            default:
                // The type names the bug; messages of the runtime hold paths at most.
                Line(SyncErrors.InternalError, $"{failure.GetType().Name}: {failure.Message.TrimEnd('.')}", SyncErrors.InternalError.NextStep);
                if (Environment.GetEnvironmentVariable("SYNCMODULE_TRACE") is "1") Console.Error.WriteLine(failure);
                return ExitCode.Error;
        }
    }

    /// <summary>One line, whatever a name inside it contains.</summary>
    public static void Line(SyncErrorKind kind, string detail, string nextStep) =>
        Console.Error.WriteLine($"error: {kind.Id}: {Printable.Of(detail)}. {Printable.Of(nextStep.TrimEnd('.'))}.");

    /// <summary>For failures of single files or peers inside a command that goes on.</summary>
    public static void Line(SyncErrorKind kind, string detail) => Line(kind, detail, kind.NextStep);
}
