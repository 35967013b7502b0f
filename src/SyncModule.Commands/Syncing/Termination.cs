using System.Runtime.InteropServices;

namespace SyncModule.Commands.Syncing;

/// <summary>While it is held, SIGTERM ends the command softly, with its summary, instead of the process without a word; the script's own exit code stands.</summary>
internal sealed class Termination : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration? _signal;

    public Termination()
    {
        try
        {
            _signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                _source.Cancel();
            });
        }
        catch (PlatformNotSupportedException)
        {
            // Nothing sends it there.
        }
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _signal?.Dispose();
        _source.Dispose();
    }
}
