using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

// How a session comes to its end, what it may then claim, and what follows in Ready.
public sealed partial class SyncSession
{
    private bool _theySatisfied;
    private bool _divergedTold;
    private AckMessage? _myAck;

    private void OnComplete(CompleteMessage message)
    {
        switch (message.Reason)
        {
            case CompleteReason.CommitsSent: _theySentAll = true; break;
            case CompleteReason.Satisfied when _theySentAll && _ack is not null && !_theySatisfied: _theySatisfied = true; break;
            case CompleteReason.Rehandshake:
                Emit(new Rehandshake());
                End(null, "the peer asks for a new handshake");
                break;
            default: throw new VaultFormatException("A COMPLETE came out of turn.");
        }
    }

    private void ContinueCompletion()
    {
        if (State == SessionState.Exchange && _sentAll && Settled && _stores.Empty && _wants.Outstanding == 0 && !_wantDirty && !_wantHeld)
        {
            if (!VerifyDone)
            {
                StartVerify();
                return;
            }

            TellAcknowledgements();
            SendAck(withDigest: true);
            Put(FrameType.Complete, _counters.Complete(CompleteReason.Satisfied).Encode());
            State = SessionState.Complete;
        }

        // The last things the peer asked for are on their way before this end claims to be done.
        if (State == SessionState.Complete && _theySatisfied && _serving.Count == 0 && _branch is null && _parked is null) Finish();
        if (State == SessionState.Ready && _unacknowledged && _stores.Empty && _wants.Outstanding == 0) SendAck(withDigest: false);
    }

    private void Finish()
    {
        bool diverged = Diverged(_myAck!);
        Emit(new Announce(diverged ? SessionSignal.Diverged : Outcome()));
        if (Following)
        {
            _divergedTold = diverged;
            State = SessionState.Ready;
            Pump(); // what changed here in the meantime
        }
        else if (diverged)
        {
            End(SyncErrors.StateDiverged, "both devices hold the same operations and computed different states");
        }
        else
        {
            End(null, Gap() ?? "complete");
        }
    }

    // What keeps this sync from being whole; null when nothing does. The direction does not matter: who only pushes may lack bytes too, and
    // an outcome that passes over them would be taken for "safe here" (format-1 §6).
    private string? Gap()
    {
        if (_refused) return "something that came does not match its address or its signature";
        if (_wants.Lacking > 0 || !_myAck!.Full) return "bytes or commits that others name are still missing here";
        return _ack!.Full ? null : "bytes or commits that others name are still missing at the peer";
    }

    private SessionSignal Outcome()
    {
        if (Gap() is not null && (_refused || !Plants.GapsNotTold)) return SessionSignal.Partial;
        bool equal = _sentHeld!.SameAs(_theirHeld!) && _myAck!.HeadsHash == _ack!.HeadsHash;
        // The strictest claim: whatever the direction was, both ends hold the same and hold it whole, and it was so before.
        return equal && _myAck!.Full && _ack!.Full && !_counters.Moved ? SessionSignal.UpToDate : SessionSignal.Synced;
    }

    // Only equal operations, equally applied, can be compared (format-1 §16).
    private bool Diverged(AckMessage mine) =>
        _ack is { } theirs && mine.Digest is { } digest && theirs.Digest is { } other && digest != other
        && mine.AppliedHash == theirs.AppliedHash && mine.HeadsHash == theirs.HeadsHash && _sentHeld!.SameAs(_theirHeld!);
}
