using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

// Want-lists and objects. The list is derived from what is referenced and not here, whatever the vectors say, so a session that
// was killed between commits and objects is repaired by the next one (format-1 §6).
public sealed partial class SyncSession
{
    private readonly WantLedger _wants = new();

    // WANT frames of the peer that are not served to the end.
    private readonly Queue<IObjectSource> _serving = new();
    private bool _wantDirty;
    private bool _wantHeld;

    // Nothing that the peer sends unasked is under way any more.
    private bool Settled => _theySentAll && _stores.NoCommits && NoForks;

    private void ContinueWants()
    {
        if (State is not (SessionState.Exchange or SessionState.Ready) || !CanReceive) return;
        ContinueForks();
        if (_wantHeld && Settled)
        {
            _wantHeld = false;
            _wantDirty = true;
        }

        while (_wantDirty && _wants.OpenFrames < SessionLimits.WantFrames)
        {
            _wantDirty = false;
            if (_wants.Lacking >= SessionLimits.MaxLacking) return;
            var wanted = _replica.Wanted(SessionLimits.WantAddresses, _wants.Exclude);
            if (wanted.Count == 0) return;
            if (!Settled && wanted.Count < SessionLimits.EagerWant)
            {
                // Small objects come right behind their commits; asking now would bring them twice.
                _wantHeld = true;
                return;
            }

            _wants.Ask(wanted);
            Put(FrameType.Want, new AddressesMessage(wanted).Encode());
            _wantDirty = wanted.Count >= SessionLimits.WantAddresses;
        }
    }

    private void OnWant(AddressesMessage message)
    {
        if (!CanSend || _serving.Count >= SessionLimits.WantFrames) throw new VaultFormatException("A WANT came that was not allowed.");
        _serving.Enqueue(_replica.Objects(message.Addresses));
    }

    private void OnAccept(AddressesMessage message)
    {
        foreach (var address in message.Addresses) _wants.Missing(address);
        _replica.NoteLacking(message.Addresses);
        if (_wants.OpenFrames < SessionLimits.WantFrames) _wantDirty |= State is SessionState.Exchange or SessionState.Ready;
    }

    private void OnData(ReadOnlyMemory<byte> body)
    {
        Charge(body.Length);
        if (!CanReceive) throw new VaultFormatException("Objects came that nobody may send here.");
        var addresses = new List<ObjectAddress>();
        int count = ObjectRecord.Walk(body.Span, addresses);
        if (count == 0) throw new VaultFormatException("A DATA frame has no object.");
        int outstanding = _wants.Outstanding;
        foreach (var address in addresses) _wants.Arrived(address);
        NotePeerObjects(addresses);
        _counters.ObjectsReceived += count;
        _stores.AddObjects(body.Length + SessionLimits.FrameHeader, addresses);
        Emit(new StoreObjects(body, count, Last: outstanding > 0 && _wants.Outstanding == 0));
    }

    private void OnObjectsStored(ObjectsStored stored)
    {
        var settled = new List<ObjectAddress>();
        int answered = 0;
        for (; answered < stored.Answered && _stores.ObjectsDone() is { } batch; answered++) settled.AddRange(batch);
        if (answered == 0) return;
        _unacknowledged = true;
        _objectsStored += (ulong)stored.Stored.Count;
        _wants.Settled(settled, stored.Stored);
        if (stored.Rejected.Count > 0) _refused = true;
        if (stored.Error is { } error)
        {
            Fail(error, stored.Detail);
            return;
        }

        GiveCredit();
        _wantDirty |= CanReceive; // a manifest that arrived names more
    }

    private void OnObjectsTaken()
    {
        _stores.ObjectsTaken();
        GiveCredit();
    }

    private void OnNotify(NotifyMessage message)
    {
        if (!CanReceive) return;
        _wants.ForgetLacking();
        _wantDirty = true;
    }
}
