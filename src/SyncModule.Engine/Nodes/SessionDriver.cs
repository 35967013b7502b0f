using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Nodes;

/// <summary>Where a driver's effects go. All calls come from the thread that feeds the driver and none may feed it again from inside.</summary>
internal interface ISessionOutput
{
    /// <summary>True while bulk may be handed out; when it becomes true again, <see cref="SessionDriver.Pump"/> is called.</summary>
    bool TakesBulk { get; }

    /// <summary>Calls <see cref="Core.Protocol.Send.Done"/> once, whatever becomes of the bytes. What is sent may wait for <see cref="Flush"/>.</summary>
    void Send(Send send);

    /// <summary>The step is over: what it sent goes out.</summary>
    void Flush()
    {
    }

    /// <summary>Ends in one <see cref="CommitsStored"/>.</summary>
    void Store(StoreCommits job);

    /// <summary>Ends in one <see cref="ObjectsStored"/>, perhaps with an <see cref="ObjectsTaken"/> before it; <paramref name="release"/> is called when the memory is no longer needed.</summary>
    void Store(StoreObjects job, Action? release);

    /// <summary>Nothing more comes: send what is queued, then end.</summary>
    void Close();
}

/// <summary>
/// The part of running a session that production and simulation share: events in, effects carried out in order, bulk handed out only while the output takes
/// it, and the account of what happened. Single-threaded; knows no thread, clock or socket.
/// </summary>
internal sealed class SessionDriver(SyncSession session, ISessionOutput output)
{
    private readonly SyncSession _session = session;
    private SessionProgress _progress = new(0, 0, 0, 0, 0, 0, 0);
    private SessionSignal? _signal;
    private Close? _close;
    private bool _rehandshake;

    /// <summary>Called for each <see cref="SessionSignal"/>, progress report, acknowledgement and compared range.</summary>
    internal Action<SessionEffect>? Observer { get; init; }

    internal bool Ended => _close is not null;

    /// <summary>The kind with which the session ended; null for an orderly end and while it runs.</summary>
    internal SyncErrorKind? Error => _close?.Kind;

    /// <summary>Bulk is waiting to be handed out.</summary>
    internal bool HasBulk => !Ended && _session.HasBulk;

    internal bool Resumed { get; private set; }

    internal SessionState State => _session.State;

    internal void Handle(SessionEvent e)
    {
        Carry(_session.Handle(e), null);
        Pump(e.NowMs);
    }

    /// <summary>Takes a frame and sees to it that its memory is released exactly once, after the last store that reads it.</summary>
    internal void Handle(long now, Frame frame, Action? handled)
    {
        var effects = _session.Handle(new FrameReceived(now, frame.Type, frame.Body));
        int readers = effects.Count(e => e is StoreObjects);
        if (readers == 0)
        {
            frame.Release();
            handled?.Invoke();
            Carry(effects, null);
        }
        else
        {
            Carry(effects, () =>
            {
                if (Interlocked.Decrement(ref readers) > 0) return;
                frame.Release();
                handled?.Invoke();
            });
        }

        Pump(now);
    }

    /// <summary>Lets the session hand out bulk as long as the output takes it.</summary>
    internal void Pump(long now)
    {
        while (HasBulk && output.TakesBulk) Carry(_session.Handle(new Writable(now)), null);
        output.Flush();
    }

    internal SessionOutcome Outcome(SyncException? channelFailure, bool cancelled, long wireBytes, int roundTrips)
    {
        // The session sees any end of the channel as a lost transport; the channel knows the cause. It also knows it when the session took
        // for silence that there was nobody any more.
        bool lost = _close is null || _close.Kind == SyncErrors.SessionLost || (_close.Kind == SyncErrors.SessionTimeout && channelFailure is not null);
        SyncErrorKind? error = lost ? channelFailure?.Kind ?? _close?.Kind ?? SyncErrors.SessionLost : _close!.Kind;
        string detail = lost ? channelFailure?.Detail ?? _close?.Detail ?? "The session ended early" : _close!.Detail;
        var result = error is not null ? (cancelled ? SessionResult.Cancelled : SessionResult.Failed)
            : _rehandshake ? SessionResult.Rehandshake
            : _signal switch { SessionSignal.UpToDate => SessionResult.UpToDate, SessionSignal.Synced => SessionResult.Synced, _ => SessionResult.Partial };
        if (cancelled && error is not null) (error, detail) = (SyncErrors.Interrupted, "The session was ended from here");
        return new(result, _progress.CommitsSent, _progress.CommitsReceived, _progress.ObjectsSent, _progress.ObjectsReceived, _progress.BytesSent, _progress.BytesReceived, wireBytes, roundTrips, Resumed, error, detail);
    }

    private void Carry(IReadOnlyList<SessionEffect> effects, Action? release)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Send send: output.Send(send); break;
                case StoreCommits job: output.Store(job); break;
                case StoreObjects job: output.Store(job, release); break;
                case Report report: _progress = report.Progress; break;
                case Rehandshake: _rehandshake = true; break;
                case Announce { Signal: SessionSignal.ResumeAccepted }: Resumed = true; break;
                case Announce { Signal: SessionSignal.UpToDate or SessionSignal.Synced or SessionSignal.Partial } announce: _signal = announce.Signal; break;
                case Close close:
                    _close = close;
                    output.Close();
                    break;
            }

            if (effect is not (Send or StoreObjects)) Observer?.Invoke(effect);
        }
    }
}
