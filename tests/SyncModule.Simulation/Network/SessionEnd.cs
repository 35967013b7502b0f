using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Transport;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Network;

/// <summary>
/// One end of a connection: the product's handshake, channel, member session, journal and store, as the single-threaded steps that they
/// are, with the scheduler in place of sockets, threads and timers.
/// </summary>
internal sealed class SessionEnd
{
    private const int TickEvery = 5_000;

    private readonly World _world;
    private readonly Link _link;
    private readonly Wire _incoming;
    private readonly Wire _outgoing;
    private readonly MemberSessionOptions _wants;
    private readonly bool _isInitiator;
    private readonly bool _slow;
    private MemberSession _member = null!;
    private ChannelEnd? _channel;
    private HandshakeLimits.HalfOpen? _place;
    private OpenMemberSession? _open;
    private SessionStepper? _stepper;
    private IDisposable? _subscription;
    private SyncException? _failure;
    private bool _closed, _storing, _draining, _changeQueued, _commitsQueued;
    private long _lastAnswer;
    private LogMark _seen;

    public SessionEnd(World world, Link link, SimulatedProcess process, Wire incoming, Wire outgoing, MemberSessionOptions wants, bool isInitiator, bool slow)
    {
        (_world, _link, Process, _incoming, _outgoing) = (world, link, process, incoming, outgoing);
        (_wants, _isInitiator, _slow) = (wants with { Observer = OnEffect, ReadsAhead = false }, isInitiator, slow);
    }

    public SimulatedProcess Process { get; }

    /// <summary>Nothing more happens here: the session is over, or the process is.</summary>
    public bool Ended { get; private set; }

    /// <summary>What it ended with; null for an orderly end.</summary>
    public SyncErrorKind? Error { get; private set; }

    public bool IsReady => !Ended && _stepper is { State: SessionState.Ready };

    private long Now => _world.Scheduler.Now;

    /// <summary>The connecting end, as a round does it.</summary>
    public void Connect() => Step(() =>
    {
        var vault = Process.Vault;
        _member = new MemberSession(vault, _wants, null);
        var steps = new InitiatorSteps(NodeIdentity.Current(vault), NodeIdentity.Of(vault, _member.Early), _incoming.Back.To.Process.Machine.Name);
        _channel = new ChannelEnd(_incoming, _outgoing, steps);
        _channel.Start(steps);
        Deadline(ChannelHandshake.InitiatorDeadline);
    });

    /// <summary>The accepting end, as a listener does it.</summary>
    public void Accept() => Step(() =>
    {
        var vault = Process.Vault;
        _member = new MemberSession(vault, _wants, null);
        _place = Process.Limits.TryEnter(PeerAddress.Parse("127.0.0.1:7400"), () => Abort(SyncErrors.SessionLost.With("The place was needed")));
        if (_place is null)
        {
            Abort(SyncErrors.SessionLost.With("No place is free"));
            return;
        }

        _channel = new ChannelEnd(_incoming, _outgoing, new ResponderSteps(_place, () => NodeIdentity.Candidates(vault), NodeIdentity.Of(vault, null)));
        Deadline(Process.Limits.Deadline);
    });

    public void Receive(ReadOnlySpan<byte> chunk)
    {
        if (_closed || Ended || Gone()) return;
        byte[] bytes = chunk.ToArray();
        Step(() =>
        {
            if (_stepper is null)
            {
                if (!_channel!.ReceiveHandshake(bytes))
                {
                    if (_channel.IsSilent) Abort(SyncErrors.HandshakeRefused.With("The handshake ended in silence"));
                    return;
                }

                Begin(_channel.Handshake!);
            }
            else
            {
                _channel!.Fill(bytes);
            }

            while (!_stepper!.Ended && _channel.Open() is { Length: > 0 } plain) _stepper.Receive(Now, plain);
        });
    }

    public void TransportClosed()
    {
        if (_closed || Ended || Gone()) return;
        _closed = true;
        if (_stepper is null) Vanish(SyncErrors.SessionLost);
        else Step(() => _stepper.TransportClosed(Now));
    }

    /// <summary>Something new is here that this session did not bring.</summary>
    public void LocalChange()
    {
        if (Ended || _stepper is null || Gone()) return;
        Step(() => _stepper.LocalChange(Now));
    }

    private void Begin(Handshaken handshake)
    {
        var early = handshake.Early;
        if (!_isInitiator && !(_link.A._channel?.Handshake is { } theirs && early.Span.SequenceEqual(theirs.Early.Span))) throw new Violation("channel", $"link {_link.Number}: other early frames arrived than were sent");
        _place?.Dispose();
        _open = _member.Open(_isInitiator ? SessionRole.Initiator : SessionRole.Responder, handshake.Remote.Device);
        _stepper = new SessionStepper(_open.Session, new CheckedStore(_world, Process, _open.Store), _open.Observe, storesLater: true)
        {
            Sending = frames => DurabilityCheck.SentIsOnDisk(Process, frames, _world.History),
        };
        _subscription = _open.Store.Subscribe(QueueChange);
        _stepper.Start(Now, handshake.Remote.Device, handshake.Keys.EpochId!.Value, early);
        _world.Scheduler.After(TickEvery, Tick);
    }

    private void Tick()
    {
        if (Ended || _stepper is null || Gone()) return;
        // Another process of this machine may have written.
        Step(() =>
        {
            if (HasNews()) _stepper.LocalChange(Now);
            _stepper.Tick(Now);
        });
        _world.Scheduler.After(TickEvery, Tick);
    }

    private bool HasNews()
    {
        try
        {
            var end = Process.Vault.HasNews();
            if (end == _seen) return false;
            _seen = end;
            return true;
        }
        catch (DiskException)
        {
            return false; // as the watcher does: the next reader meets the trouble and reports it
        }
    }

    // Own commits of this process go out from memory; everything else is a look at the index.
    private void QueueChange(bool onlyOwn)
    {
        if (onlyOwn ? _commitsQueued : _changeQueued) return;
        if (onlyOwn) _commitsQueued = true;
        else _changeQueued = true;
        _world.Scheduler.After(_world.Random.Next(50), () =>
        {
            if (onlyOwn) _commitsQueued = false;
            else _changeQueued = false;
            if (!onlyOwn) LocalChange();
            else if (!Ended && _stepper is not null && !Gone()) Step(() => _stepper.OwnCommits(Now));
        });
    }

    // One step of this end's process, and what follows from it: stores, bytes for the wire, the end.
    private void Step(Action step)
    {
        bool done = _world.Guard(Process, step, e => Abort(e));
        if (!done && !Ended && _failure is null) Vanish(null);
        if (Ended || _stepper is null) return;
        if (_stepper.HasStores && !_storing) Later(StoreTurn);
        if (_slow && !_stepper.Ended && _world.Random.OneIn(2)) DrainLater();
        else if (!_world.Guard(Process, Drain, e => Abort(e)) && !Ended) Vanish(null);
        if (_stepper.Ended && !_stepper.HasStores && !Ended) Finish();
    }

    // Storing takes its time; one turn after the other.
    private void Later(Action turn)
    {
        _storing = true;
        _lastAnswer = Math.Max(_lastAnswer, Now + _world.Random.Next(_world.Random.OneIn(10) ? 3_000 : 20));
        _world.Scheduler.After(_lastAnswer - Now, turn);
    }

    private void StoreTurn()
    {
        _storing = false;
        if (Ended || Gone()) return;
        Step(() => _stepper!.Store(Now));
    }

    private void DrainLater()
    {
        if (_draining) return;
        _draining = true;
        _world.Scheduler.After(_world.Random.Next(2_000), () =>
        {
            _draining = false;
            if (Ended || Gone()) return;
            Step(Drain);
        });
    }

    private void Drain()
    {
        while (_stepper!.OutputBytes > 0)
        {
            byte[] frames = _stepper.TakeOutput(Now);
            if (_failure is null && !_closed) _channel!.Send(frames);
        }
    }

    private void OnEffect(SessionEffect effect)
    {
        if (effect is Announce { Signal: SessionSignal.Diverged }) throw new Violation("I5 diverged", $"{Process.Machine.Name} and its peer hold the same operations and computed different states");
        if (effect is not Close close) return;
        _world.Scheduler.Trace($"link {_link.Number}: {Process.Machine.Name} ends {close.Kind?.Id ?? "well"}");
        if (close.Kind == SyncErrors.ProtocolViolation || close.Kind == SyncErrors.InternalError || close.Kind == SyncErrors.MessageTooLarge || close.Kind == SyncErrors.StateDiverged)
        {
            throw new Violation("session", $"{Process.Machine.Name} ended with {close.Kind.Id}: {close.Detail}");
        }
    }

    // The session is over, and all that arrived is stored: what a round does after its session has run.
    private void Finish()
    {
        var outcome = _stepper!.Outcome(_failure);
        Error = outcome.Error;
        Ended = true;
        bool done = _world.Guard(Process, () =>
        {
            Drain();
            _subscription!.Dispose();
            using var open = _open!;
            open.End(outcome);
            if (_isInitiator && outcome.Result is SessionResult.UpToDate or SessionResult.Synced) Process.RememberSync(_link.B.Process.Machine);
            if (outcome.Resumed) _world.History.Resumed++;
        });
        if (done && _failure is null) _outgoing.End();
        else _link.Abort();
        _channel!.Dispose();
    }

    // This end tears the connection down: a message did not open, the handshake was refused, or a local call was.
    private void Abort(SyncException reason)
    {
        if (_failure is not null || Ended) return;
        _failure = reason;
        _world.Scheduler.Trace($"link {_link.Number}: {Process.Machine.Name} gives up {reason.ErrorId}");
        bool ofTheLine = reason.Kind == SyncErrors.ProtocolViolation || reason.Kind == SyncErrors.HandshakeRefused || reason.Kind == SyncErrors.MessageTooLarge;
        if (ofTheLine && !_link.IsAltered) _world.Fail(new Violation("channel", $"link {_link.Number}: {reason.ErrorId} although nobody touched the line: {reason.Detail}"));
        _link.Abort();
        _closed = true;
        if (_stepper is null) Vanish(reason.Kind);
        else _world.Guard(Process, () => _stepper.TransportClosed(Now));
    }

    private void Deadline(TimeSpan limit) => _world.Scheduler.After((long)limit.TotalMilliseconds, () =>
    {
        if (_stepper is null && !Ended && !Gone()) Abort(SyncErrors.SessionTimeout.With("The handshake took too long"));
    });

    private bool Gone()
    {
        if (!Process.IsDead) return false;
        Vanish(null);
        return true;
    }

    // The process died, or never got as far as a session: its side of the connection is simply gone.
    private void Vanish(SyncErrorKind? error)
    {
        if (Ended) return;
        Ended = true;
        Error = error ?? SyncErrors.SessionLost;
        _place?.Dispose();
        _subscription?.Dispose();
        _channel?.Dispose();
        _link.Cut();
    }
}
