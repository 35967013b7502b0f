using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>Where a session stands; see <see cref="SyncSession"/>.</summary>
public enum SessionState
{
    Handshake,
    Negotiate,
    Members,
    Compare,
    Exchange,
    Complete,
    Ready,
    Closed,
    Error,
}

/// <summary>
/// One session between two replicas, as a pure state machine (format-1 §13): events in, effects out, no clock, thread or socket. After
/// a <see cref="Close"/> it does nothing more. Nothing is written before both HELLOs fit.
/// <code>
/// state      meaning                                         leaves by                                       frames allowed (ERROR, PING always)
/// Handshake  Noise is under way                              SessionStarted → Negotiate                      –
/// Negotiate  own HELLO sent, theirs awaited                  HELLO: equal heads → Compare, else → Members    HELLO
/// Members    phase M: lane 1 only, rounds of                 equal heads, members, epoch current → Compare   MEMBERS, COMMITS of lane 1, WINDOW, VECTOR (ignored)
///            Have, commits, Sent, Folded                     
/// Compare    own VECTOR sent, theirs not resolved            VECTOR → Exchange                               all of phase D
/// Exchange   commits, WANT, DATA both ways                   all durable, nothing wanted → Complete          all of phase D
/// Complete   own COMPLETE(Satisfied) sent                    theirs → Ready (follow) or Closed               all of phase D
/// Ready      changes are pushed as they come                 TransportClosed                                 all of phase D
/// Closed     ended in order          Error   ended with a kind
/// </code>
/// Phase D is VECTOR, COMMITS, DATA, WANT, ACCEPT, ACK, COMPLETE, NOTIFY, RANGE, FORK, WINDOW. Before each event of phase D the peer must
/// still be a member and the epoch current, else the session ends or asks for a new handshake.
/// </summary>
public sealed partial class SyncSession
{
    private readonly ISessionReplica _replica;
    private readonly SessionRole _role;
    private readonly SessionOptions _options;
    private readonly FrameWriter _out = new();
    private readonly List<SessionEffect> _effects = [];
    private readonly SessionCounters _counters = new();
    private SessionProgress _reported = new(0, 0, 0, 0, 0, 0, 0);
    private DeviceId _remote;
    private EpochId _epoch;
    private long _heard;
    private long _said;
    private long _now;
    private ulong _nonce;
    private ulong? _pinged; // the own PING that is not answered yet
    private bool _pingUntold;

    public SyncSession(ISessionReplica replica, SessionRole role, SessionOptions options)
    {
        _replica = replica;
        _role = role;
        _options = options;
    }

    public SessionState State { get; private set; } = SessionState.Handshake;

    /// <summary>The session id in the peer's HELLO; null before it came.</summary>
    public Id32? PeerSessionId => _hello?.SessionId;

    /// <summary>The peer's held data vector after the last ACK: what both may keep as <see cref="SessionOptions.LastAgreed"/> after an equal end.</summary>
    public VersionVector? PeerHeld => _theirHeld;

    /// <summary>Bytes that were handed out for storing and not answered yet. A driver stops reading above a few MiB; credit bounds it anyway.</summary>
    public long PendingStoreBytes => _stores.Bytes;

    private bool Ended => State is SessionState.Closed or SessionState.Error;

    private bool PhaseD => State is SessionState.Compare or SessionState.Exchange or SessionState.Complete or SessionState.Ready;

    /// <summary>Takes one event and returns what is to be done, in order. Malformed input never throws: it closes the session.</summary>
    public IReadOnlyList<SessionEffect> Handle(SessionEvent e)
    {
        if (!Ended) return HandleOpen(e);
        if (e is ObjectsOffered late) late.Done();
        return [];
    }

    private SessionEffect[] HandleOpen(SessionEvent e)
    {
        _now = Math.Max(_now, e.NowMs);
        try
        {
            if (!PhaseD || Standing()) Dispatch(e);
            if (!Ended) Continue();
        }
        catch (VaultFormatException malformed)
        {
            Fail(SyncErrors.ProtocolViolation, malformed.Message.TrimEnd('.'));
        }
        catch (SyncException trouble)
        {
            Fail(trouble.Kind, trouble.Detail);
        }

        // Whatever went wrong, what was lent goes back.
        if (e is ObjectsOffered offer && offer != _offerTaken) offer.Done();
        _offerTaken = null;
        return Collect();
    }

    private void Dispatch(SessionEvent e)
    {
        switch (e)
        {
            case SessionStarted started when State == SessionState.Handshake:
                _heard = _said = _now;
                Start(started);
                break;
            case FrameReceived frame when State != SessionState.Handshake:
                _heard = _now;
                OnFrame(frame.Type, frame.Body);
                break;
            case BytesArrived: _heard = _now; break;
            case FramingFailed failed: Fail(failed.Kind, failed.Detail); break;
            case CommitsStored stored: OnCommitsStored(stored); break;
            case ObjectsStored stored: OnObjectsStored(stored); break;
            case ObjectsTaken: OnObjectsTaken(); break;
            case ObjectsOffered offered: OnOffered(offered); break;
            case LocalChange: OnLocalChange(); break;
            case OwnCommits: OnOwnCommits(); break;
            case Writable: _budget = SessionLimits.BulkPerTurn; break;
            case Tick: OnTick(); break;
            case TransportClosed: End(SyncErrors.SessionLost, "the transport ended before the session did"); break;
            default: Fail(SyncErrors.InternalError, $"{e.GetType().Name} came in the state {State}"); break;
        }
    }

    private void OnFrame(FrameType type, ReadOnlyMemory<byte> body)
    {
        _counters.BytesReceived += SessionLimits.FrameHeader + body.Length;
        if (type == FrameType.Error)
        {
            var error = ErrorMessage.Decode(body.Span);
            End(error.Kind, $"the peer ended the session: {error.ErrorId}: {error.Detail}");
            return;
        }

        if (type == FrameType.Ping)
        {
            var ping = PingMessage.Decode(body.Span);
            if (!ping.Answer)
            {
                Put(FrameType.Ping, (ping with { Answer = true }).Encode());
            }
            else if (ping.Nonce == _pinged)
            {
                _pinged = null;
                Emit(new PingAnswered());
            }

            return;
        }

        switch (State)
        {
            case SessionState.Negotiate when type == FrameType.Hello: OnHello(HelloMessage.Decode(body.Span)); break;
            case SessionState.Members: OnMembersFrame(type, body); break;
            case var _ when PhaseD: OnDataFrame(type, body); break;
            default: throw new VaultFormatException($"{type} came in the state {State}");
        }
    }

    // Each end speaks every 15 s, so silence for 45 s means that the other one, or the line, is gone. What was said last counts, not what
    // was heard: an end that only receives would else stay mute while its peer's question waits behind the bulk.
    private void OnTick()
    {
        if (State == SessionState.Handshake) return;
        CompareWhenQuiet();
        if (_now - _heard >= SessionLimits.DeadAfter)
        {
            Fail(SyncErrors.SessionTimeout, $"nothing was heard of the peer for {SessionLimits.DeadAfter / 1_000} seconds");
        }
        else if (_now - _said >= SessionLimits.PingAfter)
        {
            Ping();
        }
    }

    private void Ping()
    {
        Put(FrameType.Ping, new PingMessage(++_nonce, false).Encode());
        _pinged = _nonce;
        _pingUntold = true;
    }

    // What follows from the new state, whatever the event was.
    private void Continue()
    {
        if (State == SessionState.Members) ContinueMembers();
        if (PhaseD) ContinueWants();
        if (!Ended && (PhaseD || State == SessionState.Members)) Pump();
        if (PhaseD) ContinueCompletion();
    }

    private void Put(FrameType type, ReadOnlySpan<byte> body)
    {
        _out.Write(type, body);
        _counters.BytesSent += SessionLimits.FrameHeader + body.Length;
    }

    private void Flush()
    {
        if (_out.Length == 0) return;
        _said = _now;
        _effects.Add(new Send(_out.Detach(), Bulk: false));
    }

    private void Emit(SessionEffect effect)
    {
        Flush();
        _effects.Add(effect);
    }

    // Tells the peer why, then ends.
    private void Fail(SyncErrorKind kind, string detail)
    {
        if (Ended) return;
        Put(FrameType.Error, ErrorMessage.Of(kind, detail).Encode());
        End(kind, detail);
    }

    private void End(SyncErrorKind? kind, string detail)
    {
        if (Ended) return;
        Report();
        State = kind is null ? SessionState.Closed : SessionState.Error;
        DropBulk();
        Emit(new Close(kind, detail));
    }

    private void Report()
    {
        var progress = _counters.Snapshot(_wants.Outstanding);
        if ((progress with { BytesSent = 0, BytesReceived = 0 }) == (_reported with { BytesSent = 0, BytesReceived = 0 })) return;
        _reported = progress;
        Emit(new Report(progress));
    }

    private SessionEffect[] Collect()
    {
        Flush();
        if (_pingUntold) _effects.Add(new PingSent());
        _pingUntold = false;
        if (!Ended) Report();
        SessionEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }
}
