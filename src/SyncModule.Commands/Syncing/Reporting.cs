namespace SyncModule.Commands.Syncing;

/// <summary>Progress told at once and on the thread that makes it; the framework's own posts it elsewhere.</summary>
internal sealed class Reporting<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
