using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Nodes;

/// <summary>The send path of one session: a queue in front of the channel, so that a peer that does not read never stops the session's own thread.</summary>
internal sealed class SessionSender(SecureChannel channel, Action room)
{
    /// <summary>Bulk is handed out while less than this waits.</summary>
    internal const long BulkLimit = 2 << 20;

    /// <summary>Small frames that wait for a peer: it asks and does not read.</summary>
    internal const long ControlLimit = 8 << 20;

    private const int Coalesce = 64 * 1024;

    private readonly object _gate = new();
    private readonly Queue<(ReadOnlyMemory<byte> Frames, bool Bulk)> _queue = new();
    private long _bulk, _control;
    private bool _completed, _full;

    internal bool TakesBulk
    {
        get
        {
            lock (_gate)
            {
                if (_bulk < BulkLimit) return true;
                _full = true; // the sender has to say when there is room again
                return false;
            }
        }
    }

    internal void Enqueue(ReadOnlyMemory<byte> frames, bool bulk)
    {
        bool flooded;
        lock (_gate)
        {
            _queue.Enqueue((frames, bulk));
            if (bulk) _bulk += frames.Length;
            else _control += frames.Length;
            flooded = _control > ControlLimit;
            Monitor.Pulse(_gate);
        }

        if (flooded) channel.Abort(SyncErrors.ProtocolViolation.With($"{channel.RemoteAddress} asks for answers and does not read them"));
    }

    /// <summary>What is queued is still sent; then the own direction ends.</summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The send thread. Ends when completed and drained, or when the channel failed: its cause stands in <see cref="SecureChannel.Failure"/>.</summary>
    internal void Run()
    {
        var small = new byte[Coalesce];
        try
        {
            while (Take(small, out var next, out bool roomAgain))
            {
                channel.Send(next.Span);
                if (roomAgain) room();
            }

            channel.CloseWrite();
        }
        catch (SyncException)
        {
            // The receive thread meets the same end and reports it.
        }
    }

    // Neighbouring small frames go out as one message; a large one goes as it is, without a copy.
    private bool Take(byte[] small, out ReadOnlyMemory<byte> next, out bool roomAgain)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_completed) Monitor.Wait(_gate);
            next = default;
            int length = 0;
            while (_queue.TryPeek(out var item) && (length == 0 || length + item.Frames.Length <= small.Length))
            {
                _queue.Dequeue();
                if (item.Bulk) _bulk -= item.Frames.Length;
                else _control -= item.Frames.Length;
                if (item.Frames.Length > small.Length)
                {
                    next = item.Frames;
                    break;
                }

                item.Frames.Span.CopyTo(small.AsSpan(length));
                length += item.Frames.Length;
                next = small.AsMemory(0, length);
            }

            roomAgain = _full && _bulk < BulkLimit / 2;
            if (roomAgain) _full = false;
            return next.Length > 0;
        }
    }
}
