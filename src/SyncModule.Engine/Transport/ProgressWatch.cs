namespace SyncModule.Engine.Transport;

/// <summary>
/// Ends a connection whose peer moves too little (T16). Idle connections are not its matter (the session pings), and neither is time in which this end
/// does not read: only a read that waits in the middle of a message, and a write that waits for the peer, are measured. Nor is time in which this process
/// did not run (suspended, or starved of the processor): what came meanwhile waits unread.
/// </summary>
internal sealed class ProgressWatch : IDisposable
{
    /// <summary>How often it looks.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A look that comes this long after the one before was held up, and what it measures begins anew.</summary>
    internal static readonly TimeSpan LateLook = TimeSpan.FromSeconds(5);

    /// <summary>A message that has begun has to bring this much in each <see cref="Window"/>: 1 KiB/s.</summary>
    internal const long LeastBytes = 10 * 1024;

    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>A write that the peer takes nothing of. Longer than the window: one piece of a large write shows no progress before it is through.</summary>
    internal static readonly TimeSpan WriteStall = TimeSpan.FromSeconds(45);

    private readonly TimeProvider _clock;
    private readonly ITransportConnection _connection;
    private readonly Action<SyncException> _end;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private (long At, long Bytes)? _readSince, _writeSince;
    private long _looked;
    private volatile bool _reading, _writing;

    internal ProgressWatch(TimeProvider clock, ITransportConnection connection, Action<SyncException> end)
    {
        (_clock, _connection, _end, _looked) = (clock, connection, end, clock.GetTimestamp());
        _timer = clock.CreateTimer(static w => ((ProgressWatch)w!).Look(), this, Period, Period);
    }

    /// <summary>True while a read waits for the rest of something that has begun.</summary>
    internal bool Reading { set => _reading = value; }

    /// <summary>True while a write waits.</summary>
    internal bool Writing { set => _writing = value; }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        SyncException? failure = null;
        lock (_gate)
        {
            long now = _clock.GetTimestamp(), read = _connection.BytesRead, written = _connection.BytesWritten;
            if (_clock.GetElapsedTime(_looked, now) > LateLook) (_readSince, _writeSince) = (null, null);
            _looked = now;
            if (!_reading) _readSince = null;
            else if (_readSince is not { } since) _readSince = (now, read);
            else if (_clock.GetElapsedTime(since.At, now) >= Window)
            {
                if (read - since.Bytes < LeastBytes) failure = SyncErrors.SessionTimeout.With($"{_connection.RemoteAddress} sent {read - since.Bytes} bytes of a message in {Window.TotalSeconds} seconds");
                _readSince = (now, read);
            }

            if (!_writing) _writeSince = null;
            else if (_writeSince is not { } before || before.Bytes != written) _writeSince = (now, written);
            else if (_clock.GetElapsedTime(before.At, now) >= WriteStall) failure = SyncErrors.SessionTimeout.With($"{_connection.RemoteAddress} took nothing for {WriteStall.TotalSeconds} seconds");
        }

        if (failure is not null) _end(failure);
    }
}
