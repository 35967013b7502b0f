using SyncModule.Engine.Files;

namespace SyncModule.Daemon.Commands;

/// <summary>Bytes that were read already, then the rest of the stream they came from. Reads only.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> start, Stream rest) : SequentialStream
{
    private ReadOnlyMemory<byte> _start = start;

    public override int Read(Span<byte> buffer)
    {
        if (_start.IsEmpty) return rest.Read(buffer);
        int length = Math.Min(buffer.Length, _start.Length);
        _start.Span[..length].CopyTo(buffer);
        _start = _start[length..];
        return length;
    }
}
