using System.Runtime.InteropServices;

namespace SyncModule.Daemon.CommandLine;

/// <summary>
/// SIGINT, SIGTERM and a closed terminal ask the command to end; a second one, or a command that does not end in time, ends the
/// process. Either is safe: what was acknowledged is durable, the rest was never promised.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource _now = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Interruption()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }) _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
    }

    public CancellationToken Asked => _asked.Token;

    /// <summary>The command's exit code, or <see cref="OperationCanceledException"/> when it did not end by itself after it was asked to.</summary>
    public async Task<int> RunAsync(Func<CancellationToken, Task<int>> command)
    {
        // On another thread: engine steps and prompts are synchronous.
        var running = Task.Run(() => command(_asked.Token));
        var ended = await Task.WhenAny(running, _now.Task).ConfigureAwait(false);
        return ended == running ? await running.ConfigureAwait(false) : throw new OperationCanceledException();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            _now.TrySetResult();
            return;
        }

        _asked.Cancel();
        _ = Task.Delay(Grace).ContinueWith(_ => _now.TrySetResult(), TaskScheduler.Default);
    }
}
