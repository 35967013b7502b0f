using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// The comparison of vectors, acknowledgements, and the frames of phase D.
public sealed partial class SyncSession
{
    // The last own held vector that the peer can resolve against, and the last one of the peer.
    private VersionVector? _sentHeld;
    private VersionVector? _theirHeld;

    // What the peer has or was sent in this session: the base for pushing changes. It may lag, never lead (resending is harmless).
    private VersionVector _peerHas = new();
    private bool _asked;
    private bool _answered;
    private AckMessage? _ack;
    private long? _compareAt;
    private ulong _objectsStored;

    private void OnDataFrame(FrameType type, ReadOnlyMemory<byte> body)
    {
        switch (type)
        {
            case FrameType.Vector: OnVector(VectorMessage.Decode(body.Span)); break;
            case FrameType.Commits: OnCommits(body); break;
            case FrameType.Data: OnData(body); break;
            case FrameType.Want: OnWant(AddressesMessage.Decode(body.Span)); break;
            case FrameType.Accept: OnAccept(AddressesMessage.Decode(body.Span)); break;
            case FrameType.Acknowledged: Emit(new AcknowledgementsCame(AcknowledgedMessage.Decode(body.Span).Signed)); break;
            case FrameType.Ack: OnAck(AckMessage.Decode(body.Span)); break;
            case FrameType.Complete: OnComplete(CompleteMessage.Decode(body.Span)); break;
            case FrameType.Notify: OnNotify(NotifyMessage.Decode(body.Span)); break;
            case FrameType.Window: OnWindow(WindowMessage.Decode(body.Span)); break;
            case FrameType.Range: OnRange(RangeMessage.Decode(body.Span)); break;
            case FrameType.Fork: OnFork(ForkMessage.Decode(body.Span)); break;
            default: throw new VaultFormatException($"{type} came in the state {State}");
        }
    }

    private VectorMessage MakeVector(VersionVector held)
    {
        if (_theirHeld is not null) return held.SameAs(_theirHeld) ? VectorMessage.Same(held) : VectorMessage.Delta(_theirHeld, held);
        return _options.LastAgreed is { } agreed ? VectorMessage.Delta(agreed, held) : VectorMessage.Whole(held);
    }

    private void SendVector()
    {
        var held = _replica.Held(Lane.Data);
        Put(FrameType.Vector, MakeVector(held).Encode());
        _sentHeld = held;
    }

    private void OnVector(VectorMessage message)
    {
        if (message.Form == VectorForm.Request)
        {
            if (_answered || _sentHeld is null) throw new VaultFormatException("A vector was asked for twice.");
            _answered = true;
            Put(FrameType.Vector, VectorMessage.Whole(_sentHeld).Encode());
            return;
        }

        if (State != SessionState.Compare || (_asked && message.Form != VectorForm.Whole)) throw new VaultFormatException("A second VECTOR came.");
        var early = _earlyVector is null ? null : _theirHeld;
        _earlyVector = null;
        var theirs = early ?? message.Resolve([_sentHeld, _replica.Held(Lane.Data), _options.LastAgreed]);
        if (theirs is null)
        {
            _asked = true;
            Put(FrameType.Vector, VectorMessage.Request.Encode());
            return;
        }

        _theirHeld = theirs;
        _peerHas = theirs.Clone();
        State = SessionState.Exchange;
        FindForks();
        StartPush();
        if (CanReceive && !Plants.WantsForgotten) _wantDirty = true;
    }

    // The digest reads every item: while changes come one by one, it is left out and sent once they have ceased (docs/decisions/015).
    private void SendAck(bool withDigest)
    {
        var held = _replica.Held(Lane.Data);
        var vector = VectorMessage.Delta(_sentHeld!, held);
        _compareAt = withDigest ? null : _now + SessionLimits.CompareAfter;
        _myAck = new(vector, _objectsStored, _replica.Full, VectorHash.Of(_replica.Applied), withDigest ? _replica.StateDigest : null, AckMessage.HashHeads(_replica.MembershipHeads));
        Put(FrameType.Ack, _myAck.Encode());
        _sentHeld = held;
        _unacknowledged = false;
    }

    // With everything in its place here, and before the peer hears so: what this device has applied, and what it knows of others.
    private void TellAcknowledgements()
    {
        bool both = Has(_options.Capabilities) && _hello is not null && Has(_hello.Capabilities);
        if (!both || _replica.AcknowledgementsFor(_remote) is not { Count: > 0 } signed) return;
        var given = signed.Take(AcknowledgedMessage.MaxCount).ToList();
        Put(FrameType.Acknowledged, new AcknowledgedMessage(given).Encode());
        Emit(new AcknowledgementsGiven(given));

        static bool Has(IReadOnlyList<Capability> capabilities) => capabilities.Any(c => c.Id == Capability.Acknowledgements.Id);
    }

    private void OnAck(AckMessage ack)
    {
        if (State == SessionState.Compare) throw new VaultFormatException("An ACK came before the VECTOR.");
        // Frames keep their order, so an ACK always stands on the vector that came before it.
        var held = ack.Held.Resolve([_theirHeld, _sentHeld]) ?? throw new VaultFormatException("An ACK stands on a vector that was never sent.");
        foreach (var (log, tips) in held.Logs)
        {
            // A log in which the peer is at least as far as it was told: its own words replace ours.
            if (tips[^1].Sequence >= _peerHas.Sequence(log)) _peerHas.Set(log, tips);
        }

        _theirHeld = held;
        _ack = ack;
        Emit(new PeerAcknowledged(held, ack.AppliedHash, ack.Full));
        TellIfDiverged();
    }

    private void CompareWhenQuiet()
    {
        if (State != SessionState.Ready || _compareAt is not { } due || _now < due || !_stores.Empty || _wants.Outstanding > 0) return;
        TellAcknowledgements();
        SendAck(withDigest: true);
        TellIfDiverged(); // the peer's may have come before
    }

    private void TellIfDiverged()
    {
        if (State != SessionState.Ready || _divergedTold || !Diverged(_myAck!)) return;
        _divergedTold = true;
        Emit(new Announce(SessionSignal.Diverged));
    }
}
