using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// The send path of one session: a queue in front of the channel, so that a peer that does not read never stops the session's own thread.
/// A little goes out at once where the connection says that it takes it: a live change need not wait for another thread to wake up.
/// </summary>
internal sealed class SessionSender(SecureChannel channel, Action room)
{
    /// <summary>Bulk is handed out while less than this waits.</summary>
    internal const long BulkLimit = 2 << 20;

    /// <summary>Small frames that wait for a peer: it asks and does not read.</summary>
    internal const long ControlLimit = 8 << 20;

    private const int Coalesce = 64 * 1024;

    /// <summary>So little fits where a connection takes anything at all.</summary>
    private const int Little = 8 * 1024;

    private readonly object _gate = new();
    private readonly Queue<Send> _queue = new();
    private long _bulk, _control;
    private byte[]? _little;
    private bool _completed, _full, _ended;
    private bool _busy, _failed; // somebody is sending; sending at once met the end of the channel

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
            if (!_busy && IsMuch(send)) Monitor.Pulse(_gate); // the rest of the step need not be over for it
        }

        if (late) send.Done?.Invoke();
        if (flooded) channel.Abort(SyncErrors.ProtocolViolation.With($"{channel.RemoteAddress} asks for answers and does not read them"));
    }

    /// <summary>The step that queued is over: the send thread is woken, unless little waits and can go out here and now.</summary>
    internal void Flush()
    {
        Send next;
        lock (_gate)
        {
            if (_queue.Count == 0 || _busy || _ended) return; // who is busy looks again
            if (!TakeLittle(out next))
            {
                Monitor.Pulse(_gate);
                return;
            }

            _busy = true;
        }

        bool sent = false;
        try
        {
            channel.Send(next.Frames.Span);
            sent = true;
        }
        catch (SyncException)
        {
            // As in Run: the receive thread meets the same end and reports it.
        }

        lock (_gate)
        {
            (_busy, _failed) = (false, !sent);
            if (_queue.Count > 0 || _completed || _failed) Monitor.Pulse(_gate);
        }
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
                    lock (_gate) _busy = false;
                    next.Done?.Invoke();
                }

                if (roomAgain) room();
            }

            if (!_failed) channel.CloseWrite();
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
            while (_busy || (_queue.Count == 0 && !_completed && !_failed)) Monitor.Wait(_gate);
            if (_failed)
            {
                (next, roomAgain) = (new Send(default, Bulk: false), false);
                return false;
            }

            Send? large = null;
            int length = 0;
            while (_queue.TryPeek(out var item) && (length == 0 || (!IsMuch(item) && length + item.Length <= small.Length)))
            {
                Dequeue();
                if (IsMuch(item))
                {
                    large = item;
                    break;
                }

                Append(item, small, ref length);
            }

            roomAgain = _full && _bulk < BulkLimit / 2;
            if (roomAgain) _full = false;
            next = large ?? new Send(small.AsMemory(0, length), Bulk: false);
            _busy = next.Length > 0;
            return _busy;
        }
    }

    // All that waits, if it is little. The connection is asked last: it costs a call of the system.
    private bool TakeLittle(out Send little)
    {
        little = new Send(default, Bulk: false);
        int length = 0;
        foreach (var item in _queue)
        {
            length += item.Length;
            if (item.Done is not null || length > Little) return false;
        }

        if (!channel.TakesLittle) return false;
        _little ??= new byte[Little];
        length = 0;
        while (_queue.Count > 0) Append(Dequeue(), _little, ref length);
        little = little with { Frames = _little.AsMemory(0, length) };
        return true;
    }

    private static bool IsMuch(Send send) => send.Done is not null || send.Length > Coalesce;

    private Send Dequeue()
    {
        var item = _queue.Dequeue();
        if (item.Bulk) _bulk -= item.Length;
        else _control -= item.Length;
        return item;
    }

    private static void Append(Send item, byte[] buffer, ref int length)
    {
        item.Frames.Span.CopyTo(buffer.AsSpan(length));
        item.Body.Span.CopyTo(buffer.AsSpan(length + item.Frames.Length));
        length += item.Length;
    }
}
