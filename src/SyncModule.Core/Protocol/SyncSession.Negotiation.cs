using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// HELLO: versions, capabilities, scope, direction, and whether the membership heads are equal.
public sealed partial class SyncSession
{
    private HelloMessage? _mine;
    private HelloMessage? _hello;
    private VectorMessage? _earlyVector;
    private bool _vectorSent;

    /// <summary>The protocol version both ends speak; 0 before HELLO.</summary>
    public ulong Version { get; private set; }

    // Both directions are what the two HELLOs allow together, so both ends come to the same answer.
    private bool CanSend => _options.Push && (_hello!.Intent & SessionIntent.Pull) != 0;

    private bool CanReceive => _options.Pull && (_hello!.Intent & SessionIntent.Push) != 0;

    private bool Following => _options.Follow && (_hello!.Intent & SessionIntent.Follow) != 0;

    /// <summary>
    /// HELLO ‖ VECTOR for msg3, after msg2 has named the responder; empty unless that is a member here and the epoch is the current one:
    /// nobody else may see a vector (format-1 §13).
    /// </summary>
    public ReadOnlyMemory<byte> InitiatorEarly(DeviceId remote, EpochId epoch)
    {
        if (_role != SessionRole.Initiator || State != SessionState.Handshake || _options.RemoteRemoved) return default;
        if ((!_replica.IsMember(remote) && !Plants.EarlyToStrangers) || _replica.CurrentEpoch != epoch) return default;
        var frames = new FrameWriter();
        var hello = MakeHello(null);
        frames.Write(FrameType.Hello, hello.Encode());
        var held = _replica.Held(Lane.Data);
        var vector = MakeVector(held).Encode();
        // A vector that does not fit in msg3 goes as its hash: equal replicas are done by that, others ask for it.
        if (frames.Length + vector.Length + SessionLimits.FrameHeader > SessionLimits.MaxEarly) vector = VectorMessage.Same(held).Encode();
        frames.Write(FrameType.Vector, vector);
        if (frames.Length > SessionLimits.MaxEarly) return default;
        _mine = hello;
        _sentHeld = held;
        return frames.Detach();
    }

    private void Start(SessionStarted started)
    {
        _remote = started.Remote;
        _epoch = started.Epoch;
        if (_role == SessionRole.Initiator)
        {
            if (_options.RemoteRemoved)
            {
                End(SyncErrors.NotAMember, $"device {_remote} was removed from this vault");
                return;
            }

            State = SessionState.Negotiate;
            _vectorSent = started.Early.Length > 0 && _mine is not null;
            if (_vectorSent) _counters.BytesSent += started.Early.Length;
            else SendHello(null);
            return;
        }

        State = SessionState.Negotiate;
        var frames = ReadEarly(started.Early.Span, out var failure);
        HelloMessage? hello = null;
        if (frames.Count > 0 && frames[0].Type == FrameType.Hello) hello = TryDecodeHello(frames[0].Body.Span);
        // Own HELLO always goes out first, so both ends can name both version ranges.
        SendHello(hello?.ResumeId is { } id && _options.Resumable.Contains(id) ? id : null);
        if (failure is { } f) Fail(f.Kind, f.Detail);
        else if (frames.Count > 1 && frames[1].Type == FrameType.Vector) _earlyVector = VectorMessage.Decode(frames[1].Body.Span);
        foreach (var frame in frames)
        {
            if (Ended) return;
            OnFrame(frame.Type, frame.Body);
        }
    }

    // msg3 carries nothing, or HELLO, or HELLO ‖ VECTOR.
    private static List<Frame> ReadEarly(ReadOnlySpan<byte> bytes, out (SyncErrorKind Kind, string Detail)? failure)
    {
        var reader = new FrameReader();
        var frames = new List<Frame>();
        while (frames.Count < 3 && reader.TryRead(ref bytes, out var frame)) frames.Add(frame);
        failure = reader.Failure;
        bool fits = frames.Count switch { 0 => true, 1 => frames[0].Type == FrameType.Hello, 2 => frames[0].Type == FrameType.Hello && frames[1].Type == FrameType.Vector, _ => false };
        if (failure is null && (!fits || reader.InFrame)) failure = (SyncErrors.ProtocolViolation, "the last handshake message holds other frames than HELLO and VECTOR");
        return frames;
    }

    private static HelloMessage? TryDecodeHello(ReadOnlySpan<byte> body)
    {
        try
        {
            return HelloMessage.Decode(body);
        }
        catch (VaultFormatException)
        {
            return null; // it is refused when it is handled, behind the own HELLO
        }
    }

    private HelloMessage MakeHello(Id32? accepted)
    {
        var intent = (_options.Push ? SessionIntent.Push : 0) | (_options.Pull ? SessionIntent.Pull : 0) | (_options.Follow ? SessionIntent.Follow : 0);
        CommitId[] heads = [.. _replica.MembershipHeads.Order().Take(HelloMessage.MaxHeads)];
        return new(_options.SessionId, accepted ?? _options.ResumeId, _options.MinVersion, _options.MaxVersion, _options.Capabilities, WholeVault: true, heads, _replica.CurrentEpoch, intent);
    }

    private void SendHello(Id32? accepted)
    {
        _mine = MakeHello(accepted);
        Put(FrameType.Hello, _mine.Encode());
    }

    private void OnHello(HelloMessage hello)
    {
        _hello = hello;
        if (hello.MaxVersion < _options.MinVersion || hello.MinVersion > _options.MaxVersion)
        {
            Fail(SyncErrors.VersionMismatch, $"this end speaks versions {_options.MinVersion} to {_options.MaxVersion}, the peer {hello.MinVersion} to {hello.MaxVersion}");
            return;
        }

        Version = Math.Min(hello.MaxVersion, _options.MaxVersion);
        if (hello.Capabilities.FirstOrDefault(c => c.Required && _options.Capabilities.All(own => own.Id != c.Id)) is { } unknown)
        {
            Fail(SyncErrors.CapabilityRequired, $"the peer requires the capability '{unknown.Name}' ({unknown.Id})");
            return;
        }

        // The other side refuses it too; this end must not have sent anything by then.
        if (_options.Capabilities.FirstOrDefault(c => c.Required && hello.Capabilities.All(theirs => theirs.Id != c.Id)) is { } missing)
        {
            Fail(SyncErrors.CapabilityRequired, $"the peer does not have the capability '{missing.Name}' ({missing.Id}) that this end requires");
            return;
        }

        if (!hello.WholeVault)
        {
            Fail(SyncErrors.CapabilityRequired, "the peer replicates a part of the vault, which this version cannot serve");
            return;
        }

        // The responder repeats the initiator's resume id when it knows it; that is the whole of resuming: wants are derived anew.
        if (_role == SessionRole.Initiator ? _options.ResumeId is { } mine && hello.ResumeId == mine : hello.ResumeId is { } theirs && _options.Resumable.Contains(theirs))
        {
            Emit(new Announce(SessionSignal.ResumeAccepted));
        }

        bool equal = hello.Heads.Count < HelloMessage.MaxHeads && hello.Heads.SequenceEqual(_mine!.Heads);
        if (equal)
        {
            EnterPhaseD();
            return;
        }

        // A vector that came before equal heads is ignored (format-1 §13); both ends send one again after phase M.
        _earlyVector = null;
        _vectorSent = false;
        State = SessionState.Members;
        StartMembersRound();
    }

    // Heads are equal on both sides: standing decides whether anything of the data may be said.
    private void EnterPhaseD()
    {
        if (!Standing()) return;
        Emit(new Announce(SessionSignal.PhaseMDone));
        State = SessionState.Compare;
        _peerMembers = _replica.Held(Lane.Membership).Clone();
        if (_earlyVector is { } early)
        {
            // Resolved before the own one is made, which then is only the difference.
            _theirHeld = early.Resolve([_replica.Held(Lane.Data), _options.LastAgreed]);
        }

        if (!_vectorSent) SendVector();
        Ping(); // rides on a flight that goes anyway, before any bulk: its answer tells the line's round trip
    }

    private bool Standing()
    {
        if (!_replica.IsMember(_remote) && !Plants.MembershipUnchecked) Fail(SyncErrors.NotAMember, $"device {_remote} is not a member");
        else if (!_replica.IsMember(_replica.Device)) Fail(SyncErrors.NotAMember, $"device {_replica.Device} is not a member");
        else if (_replica.CurrentEpoch is not { } current) Fail(SyncErrors.NotCurrent, "no epoch is current after the membership was exchanged");
        else if (current != _epoch)
        {
            Put(FrameType.Complete, _counters.Complete(CompleteReason.Rehandshake).Encode());
            Emit(new Rehandshake());
            End(null, "the epoch has changed");
        }

        return !Ended;
    }
}
