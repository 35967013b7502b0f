using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Nodes;

/// <summary>How a session is run.</summary>
public sealed record SessionRunnerOptions
{
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Sees signals, progress, acknowledgements and compared ranges, on the thread of the step; must not block.</summary>
    public Action<SessionEffect>? Observer { get; init; }

    /// <summary>How long an ended session waits for the peer to take the last bytes.</summary>
    public TimeSpan FinishLimit { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// Runs one <see cref="SyncSession"/> over one channel. Five threads with one task each, and nothing shared but queues:
/// <code>
/// receive   opens messages, cuts frames              → steps (bytes bounded: it stops reading when the store lags)
/// session   the caller's thread; all of SyncSession  → check queue (bounded by the window), send queue (bulk bounded)
/// check     objects against their addresses          → store queue
/// store     writes and makes durable                 → steps
/// send      seals and writes
/// </code>
/// Where nothing else is under way a live change takes shorter ways: the receive thread takes the step that its frame asks for
/// (<see cref="SessionSteps"/>), commits go past the check thread, and a little to send goes out on the thread of the step. A peer that is slow or dead holds up these five threads and nobody else's.
/// </summary>
public sealed class SessionRunner : ISessionOutput
{
    /// <summary>Frames that are received and not stored yet: the whole window, and one small frame more.</summary>
    internal const long InboxLimit = SessionLimits.InitialCredit + SessionLimits.MaxOther;

    private const int ReceiveBuffer = 256 * 1024;

    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    /// <summary>A timer that comes later than this was held up with the whole process: suspended, or starved of the processor.</summary>
    private static readonly TimeSpan LateTick = TimeSpan.FromSeconds(5);

    private readonly SecureChannel _channel;
    private readonly ISessionStore _store;
    private readonly SessionRunnerOptions _options;
    private readonly SessionDriver _driver;
    private readonly SessionSender _sender;
    private readonly SessionStorer _storer;
    private readonly SessionSteps _steps;
    private readonly long _epoch;
    private long _readAtTick, _tickedAt;
    private int _tickQueued, _changeQueued, _commitsQueued, _noSilence;
    private readonly Lock _ending = new();
    private volatile bool _discarding;
    private bool _over;

    public SessionRunner(SyncSession session, SecureChannel channel, ISessionStore store, SessionRunnerOptions? options = null)
    {
        (_channel, _store, _options) = (channel, store, options ?? new SessionRunnerOptions());
        _epoch = _options.Clock.GetTimestamp();
        _driver = new SessionDriver(session, this) { Observer = _options.Observer };
        _steps = new SessionSteps(() => Now, () => _driver.Ended);
        _sender = new SessionSender(channel, () => _steps.Add(_driver.Pump));
        _storer = new SessionStorer(store, channel, completion => _steps.Add(now => _driver.Handle(completion(now))));
    }

    /// <summary>Bytes received and not stored: for tests of the bound.</summary>
    internal ByteBudget Received { get; } = new(InboxLimit);

    /// <summary>A second has passed that the session does not know of yet: for tests that move the clock by hand.</summary>
    internal bool TickWaits => Volatile.Read(ref _tickQueued) != 0;

    bool ISessionOutput.TakesBulk => _sender.TakesBulk;

    /// <summary>
    /// Runs until the session ends; blocking. Every thread it started has ended on return, and the connection is closed in both directions or torn
    /// down. Failures of the peer, the network and the store are in the outcome.
    /// </summary>
    public SessionOutcome Run(CancellationToken cancellationToken = default)
    {
        if (_channel.Epoch is not { } epoch) throw new InvalidOperationException("An invite's channel carries no member session.");
        var receive = Start(Receive, "receive");
        var send = Start(_sender.Run, "send");
        var check = Start(_storer.RunChecks, "check");
        var store = Start(_storer.Run, "store");
        try
        {
            using var cancel = cancellationToken.UnsafeRegister(static c => ((SecureChannel)c!).Abort(SyncErrors.Interrupted.With("The session was ended from here")), _channel);
            using var ticks = _options.Clock.CreateTimer(_ => QueueTick(), null, TickPeriod, TickPeriod);
            using var changes = _store.Subscribe(QueueChange);
            using var offers = _store.SubscribeObjects(QueueObjects);
            _driver.Handle(new SessionStarted(Now, _channel.Remote.Device, epoch, _channel.Early));
            _steps.Run();
            Finish(receive, send);
        }
        finally
        {
            // Nothing happens here after an orderly end; after a defect nothing may stay behind.
            _channel.Abort(SyncErrors.SessionLost.With("The session has ended"));
            Received.Close();
            _sender.Complete();
            _storer.Complete();
            receive.Join();
            send.Join();
            check.Join();
            store.Join();
            DropInbox();
        }

        return _driver.Outcome(Cause, cancellationToken.IsCancellationRequested, _channel.WireBytes, _channel.RoundTrips);
    }

    void ISessionOutput.Send(Send send) => _sender.Enqueue(send);

    void ISessionOutput.Flush() => _sender.Flush();

    void ISessionOutput.Store(StoreCommits job) => _storer.Add(job, null);

    void ISessionOutput.Store(StoreObjects job, Action? release) => _storer.Add(job, release);

    void ISessionOutput.Close()
    {
        Cause = _channel.Failure;
        _discarding = true;
        Received.Close();
        _sender.Complete();
    }

    /// <summary>Why the channel failed before the session ended; what comes later is the end itself.</summary>
    private SyncException? Cause { get; set; }

    private long Now => (long)_options.Clock.GetElapsedTime(_epoch).TotalMilliseconds;

    // The graceful end: the send thread drains and ends the direction, the receive thread discards until the peer has ended its own.
    private void Finish(Thread receive, Thread send)
    {
        // A peer that was given up gets a moment to take the reason, not the time of one that lives.
        var limit = _driver.Error == SyncErrors.SessionTimeout ? TimeSpan.FromSeconds(1) : _options.FinishLimit;
        long until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        foreach (var thread in new[] { send, receive })
        {
            if (_channel.Failure is not null || !thread.Join((int)Math.Max(0, until - Environment.TickCount64))) return;
        }
    }

    private void Receive()
    {
        using var memory = new ReceiveMemory();
        var frames = new FrameReader(memory);
        var buffer = new byte[ReceiveBuffer];
        try
        {
            while (true)
            {
                // A body is opened in its place; everything else goes through the buffer, one message at a time so that it ends where a body begins.
                bool direct = !_discarding && frames.Room.Length > 0;
                int count = direct ? _channel.Receive(frames.Room.Span) : _channel.Receive(buffer, oneMessage: true);
                if (count == 0) break;
                if (_discarding) continue;
                if (direct) frames.Advance(count);
                ReadOnlySpan<byte> bytes = direct ? default : buffer.AsSpan(0, count);
                while (frames.TryRead(ref bytes, out var frame)) Hand(frame);
                _channel.InFrame = frames.InFrame;
                if (frames.Failure is not { } failure) continue;
                _discarding = true;
                _steps.Add(now => _driver.Handle(new FramingFailed(now, failure.Kind, failure.Detail)));
            }
        }
        catch (SyncException)
        {
            // The channel keeps the cause; the session hears that it is over.
        }
        finally
        {
            frames.Abandon();
        }

        _steps.Add(now => _driver.Handle(new TransportClosed(now)));
    }

    private void Hand(Frame frame)
    {
        long size = SessionLimits.FrameHeader + frame.Body.Length;
        // Time spent waiting here is this end's: the channel measures only its own reads.
        if (!Received.Acquire(size))
        {
            frame.Release();
            return;
        }

        // What comes in and only goes on to the store is handed on at once; a session that sends bulk may wait for the disk in any step.
        void Step(long now) => _driver.Handle(now, frame, () => Received.Release(size));
        bool passesOn = frame.Type is FrameType.Commits or FrameType.Data;
        if (!passesOn || !_steps.TryRun(now => StepUnread(now, Step), () => !_driver.HasBulk)) _steps.Add(Step);
    }

    // Nothing is read while the receive thread takes a step: if that took long, the silence was this end's.
    private void StepUnread(long now, Action<long> step)
    {
        step(now);
        long after = Now;
        if (after - now > TickPeriod.TotalMilliseconds) _driver.Handle(new BytesArrived(after));
    }

    private void QueueObjects(ReadOnlyMemory<byte> records, Action done)
    {
        lock (_ending)
        {
            if (!_over)
            {
                _steps.Add(now => _driver.Handle(new ObjectsOffered(now, records, done)));
                return;
            }
        }

        done();
    }

    // What was queued behind the end: frames and offers whose memory is lent. The session is over, so the driver only hands it back.
    private void DropInbox()
    {
        lock (_ending) _over = true;
        while (_steps.TryTake(out var late)) late!(Now);
    }

    // Silence is the peer's only if this end was running and listening. So a frame that is arriving is a sign of life, however long it takes
    // (the least rate is the channel's to watch); a timer that comes late starts the count anew; and a tick has the time at which it was
    // queued, because what was heard since then stands behind it.
    private void QueueTick()
    {
        long now = Now, read = _channel.BytesRead, before = Interlocked.Exchange(ref _tickedAt, now);
        bool arriving = Interlocked.Exchange(ref _readAtTick, read) != read && _channel.InFrame;
        if (arriving || _steps.OnTheSpot || now - before > LateTick.TotalMilliseconds) Volatile.Write(ref _noSilence, 1);
        if (Interlocked.Exchange(ref _tickQueued, 1) != 0) return;
        _steps.Add(_ =>
        {
            Volatile.Write(ref _tickQueued, 0);
            if (Interlocked.Exchange(ref _noSilence, 0) != 0) _driver.Handle(new BytesArrived(now));
            _driver.Handle(new Tick(now)); // also while a frame arrives: an end that only receives would be silence to its peer
        });
    }

    private void QueueChange(bool onlyOwn)
    {
        if (onlyOwn)
        {
            if (Interlocked.Exchange(ref _commitsQueued, 1) != 0) return;
            _steps.Add(now =>
            {
                Volatile.Write(ref _commitsQueued, 0); // before the session looks: what comes after is a change of its own
                _driver.Handle(new OwnCommits(now));
            });
            return;
        }

        if (Interlocked.Exchange(ref _changeQueued, 1) != 0) return;
        _steps.Add(now =>
        {
            Volatile.Write(ref _changeQueued, 0);
            _driver.Handle(new LocalChange(now));
        });
    }

    private static Thread Start(Action body, string name)
    {
        var thread = new Thread(() => body()) { IsBackground = true, Name = "session " + name };
        thread.Start();
        return thread;
    }
}
