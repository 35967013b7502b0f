using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

/// <summary>
/// An invite session (format-1 §14), pure like <see cref="SyncSession"/>. The joiner opens the connection.
/// <code>
/// joiner     JoinStarted → JOIN          GRANT → Granted          GrantStored → COMPLETE, Close
/// inviter    JOIN → AddMember            MemberAdded → GRANT      COMPLETE → Close
/// </code>
/// The inviter sends no secret before the add is durable. When the line is cut after that, the same joiner may come again with the same
/// keys and gets the same GRANT. Anything else, or silence of 45 s, closes.
/// </summary>
public sealed class JoinSession
{
    private enum Step
    {
        Start,
        Waiting,
        Deciding,
        Confirming,
        Ended,
    }

    private readonly JoinMessage? _join;
    private readonly List<SessionEffect> _effects = [];
    private Step _step;
    private long _since = -1;

    private JoinSession(JoinMessage? join, Step step)
    {
        _join = join;
        _step = step;
    }

    public bool Ended => _step == Step.Ended;

    private bool Joining => _join is not null;

    public static JoinSession Joiner(string name, byte[] certificate) => new(new(name, certificate), Step.Start);

    public static JoinSession Inviter() => new(null, Step.Waiting);

    public IReadOnlyList<SessionEffect> Handle(SessionEvent e)
    {
        if (Ended) return [];
        try
        {
            Dispatch(e);
        }
        catch (VaultFormatException malformed)
        {
            Fail(SyncErrors.ProtocolViolation, malformed.Message.TrimEnd('.'));
        }
        catch (SyncException trouble)
        {
            Fail(trouble.Kind, trouble.Detail);
        }

        SessionEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    private void Dispatch(SessionEvent e)
    {
        if (_since < 0 || e is not Tick) _since = e.NowMs;
        switch (e)
        {
            case JoinStarted when Joining && _step == Step.Start:
                Put(FrameType.Join, _join!.Encode());
                _step = Step.Waiting;
                break;
            case FrameReceived frame: OnFrame(frame.Type, frame.Body.Span); break;
            case MemberAdded added when !Joining && _step == Step.Deciding:
                Put(FrameType.Grant, added.Grant.Encode());
                _step = Step.Confirming;
                break;
            case MemberRefused refused when !Joining && _step == Step.Deciding: Fail(refused.Kind, refused.Detail); break;
            case GrantStored when Joining && _step == Step.Deciding:
                Put(FrameType.Complete, new CompleteMessage(CompleteReason.Satisfied, 0, 0, 0).Encode());
                End(null, "joined");
                break;
            case GrantRefused refused when Joining && _step == Step.Deciding: Fail(refused.Kind, refused.Detail); break;
            case FramingFailed failed: Fail(failed.Kind, failed.Detail); break;
            // While this end decides it is not the peer that is late.
            case Tick tick when _step != Step.Deciding && tick.NowMs - _since >= SessionLimits.DeadAfter: Fail(SyncErrors.SessionTimeout, "the other device went silent while joining"); break;
            case Tick or Writable or LocalChange or BytesArrived: break;
            case TransportClosed: End(SyncErrors.SessionLost, "the transport ended before the device had joined"); break;
            default: Fail(SyncErrors.InternalError, $"{e.GetType().Name} came in the step {_step}"); break;
        }
    }

    private void OnFrame(FrameType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.Error:
                var error = ErrorMessage.Decode(body);
                End(error.Kind, $"the other device ended the session: {error.ErrorId}: {error.Detail}");
                break;
            case FrameType.Ping:
                var ping = PingMessage.Decode(body);
                if (!ping.Answer) Put(FrameType.Ping, (ping with { Answer = true }).Encode());
                break;
            case FrameType.Join when !Joining && _step == Step.Waiting:
                var join = JoinMessage.Decode(body);
                _step = Step.Deciding;
                _effects.Add(new AddMember(join.Certificate, join.Name));
                break;
            case FrameType.Grant when Joining && _step == Step.Waiting:
                var grant = GrantMessage.Decode(body);
                _step = Step.Deciding;
                _effects.Add(new Granted(grant));
                break;
            case FrameType.Complete when !Joining && _step == Step.Confirming:
                if (CompleteMessage.Decode(body).Reason != CompleteReason.Satisfied) throw new VaultFormatException("The joiner ended with another reason.");
                End(null, "joined");
                break;
            default: throw new VaultFormatException($"{type} came in the step {_step} of an invite session");
        }
    }

    private void Put(FrameType type, ReadOnlySpan<byte> body)
    {
        var writer = new FrameWriter();
        writer.Write(type, body);
        _effects.Add(new Send(writer.Detach(), Bulk: false));
    }

    private void Fail(SyncErrorKind kind, string detail)
    {
        Put(FrameType.Error, ErrorMessage.Of(kind, detail).Encode());
        End(kind, detail);
    }

    private void End(SyncErrorKind? kind, string detail)
    {
        _step = Step.Ended;
        _effects.Add(new Close(kind, detail));
    }
}
