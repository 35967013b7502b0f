using SyncModule.Engine.Files;

namespace SyncModule.Daemon.Commands;

/// <summary>Reads from a source until it ends or a person interrupts; counts what was read.</summary>
internal sealed class InterruptibleStream(Stream source, CancellationToken cancellation) : SequentialStream
{
    private readonly byte[] _piece = new byte[256 * 1024];

    public long BytesRead { get; private set; }

    public override long Position
    {
        get => BytesRead;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        // A pipe may stay silent for ever, so the read goes on behind while this waits for it or for the person.
        var reading = source.ReadAsync(_piece.AsMemory(0, Math.Min(buffer.Length, _piece.Length)), cancellation).AsTask();
        reading.Wait(cancellation);
        int read = reading.GetAwaiter().GetResult();
        // What ended because of a signal must not be stored as a whole value.
        cancellation.ThrowIfCancellationRequested();
        _piece.AsSpan(0, read).CopyTo(buffer);
        BytesRead += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }
}
