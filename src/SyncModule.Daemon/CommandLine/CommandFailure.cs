namespace SyncModule.Daemon.CommandLine;

/// <summary>
/// A failure whose next step is more exact than that of its kind, for example with the path that it is about. Everything else is
/// thrown as <see cref="SyncException"/>.
/// </summary>
internal sealed class CommandFailure(SyncErrorKind kind, string detail, string nextStep) : Exception(detail)
{
    public SyncErrorKind Kind => kind;

    public string NextStep => nextStep;
}
