using SyncModule.Core.Protocol;
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
    private readonly Queue<Send> _queue = new();
    private long _bulk, _control;
    private bool _completed, _full, _ended;

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

    internal void Enqueue(Send send)
    {
        bool flooded, late;
        lock (_gate)
        {
            late = _ended;
            if (!late)
            {
                _queue.Enqueue(send);
                if (send.Bulk) _bulk += send.Length;
                else _control += send.Length;
            }

            flooded = _control > ControlLimit;
            Monitor.Pulse(_gate);
        }

        if (late) send.Done?.Invoke();
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
                try
                {
                    channel.Send(next.Frames.Span, next.Body.Span);
                }
                finally
                {
                    next.Done?.Invoke();
                }

                if (roomAgain) room();
            }

            channel.CloseWrite();
        }
        catch (SyncException)
        {
            // The receive thread meets the same end and reports it.
        }

        DropQueue();
    }

    // What will never be sent gives back what it was lent.
    private void DropQueue()
    {
        lock (_gate) _ended = true;
        while (_queue.TryDequeue(out var send)) send.Done?.Invoke();
    }

    // Neighbouring small frames go out as one message; a large one goes as it is, without a copy.
    private bool Take(byte[] small, out Send next, out bool roomAgain)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_completed) Monitor.Wait(_gate);
            Send? large = null;
            int length = 0;
            while (_queue.TryPeek(out var item) && (length == 0 || (item.Done is null && length + item.Length <= small.Length)))
            {
                _queue.Dequeue();
                if (item.Bulk) _bulk -= item.Length;
                else _control -= item.Length;
                if (item.Done is not null || item.Length > small.Length)
                {
                    large = item;
                    break;
                }

                item.Frames.Span.CopyTo(small.AsSpan(length));
                item.Body.Span.CopyTo(small.AsSpan(length + item.Frames.Length));
                length += item.Length;
            }

            roomAgain = _full && _bulk < BulkLimit / 2;
            if (roomAgain) _full = false;
            next = large ?? new Send(small.AsMemory(0, length), Bulk: false);
            return next.Length > 0;
        }
    }
}
