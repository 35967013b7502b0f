using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// Commits in and out, and everything that a WINDOW governs.
public sealed partial class SyncSession
{
    private const int MostTracked = 1 << 16;

    private readonly PendingStores _stores = new();
    private ICommitSource? _source;
    private Lane _sourceLane;
    private VersionVector? _snapshot;
    private long _credit = SessionLimits.InitialCredit;
    private long _budget = SessionLimits.BulkPerTurn;
    private long _pushed;
    private bool _dirty;

    // Of what changed since the last push, everything was own commits.
    private bool _onlyOwn;
    private bool _sentAll;
    private bool _theySentAll;
    private bool _refused;
    private bool _unacknowledged;

    // Small objects whose commits are sent already.
    private readonly Queue<ObjectAddress> _behind = new();

    /// <summary>True while bulk frames wait for a <see cref="Writable"/> event. Ask after each <see cref="Handle"/>.</summary>
    public bool HasBulk => !Ended && (_parked is not null ? _credit >= _parked.Length : _credit > 0 && (_source is not null || _behind.Count > 0 || _serving.Count > 0 || _branch is not null || _offered.Count > 0 || PushMayStart));

    private void OpenSource(Lane lane)
    {
        // Taken before the source is opened: what comes in between is sent too, and perhaps once more later. Never left out.
        _snapshot = _replica.Held(lane);
        _sourceLane = lane;
        _source = _replica.CommitsBehind(lane, lane == Lane.Membership ? _peerMembers : Reachable(_snapshot));
    }

    private void DropSource()
    {
        _source?.Dispose();
        _source = null;
    }

    // Sends what the peer lacks: the membership first, because data waits for it.
    private void StartPush()
    {
        bool onlyOwn = _onlyOwn;
        _pushed = 0;
        _dirty = _onlyOwn = false;
        if (!CanSend)
        {
            PushDone();
            return;
        }

        if (onlyOwn && State == SessionState.Ready && _replica.Fresh(_peerHas) is { } fresh)
        {
            // A live put takes this way: nothing is looked up, and the index may follow later.
            if (fresh.Bundles.Count == 0) return; // another push was faster
            _snapshot = new();
            _snapshot.Set(fresh.Log, fresh.End);
            _sourceLane = Lane.Data;
            _source = new FreshSource(fresh.Bundles);
            return;
        }

        OpenSource(State == SessionState.Ready && !_replica.Held(Lane.Membership).SameAs(_peerMembers) ? Lane.Membership : Lane.Data);
    }

    private void SourceDone()
    {
        DropSource();
        if (State == SessionState.Members)
        {
            MembersSent();
        }
        else if (_sourceLane == Lane.Membership)
        {
            _peerMembers = _snapshot!.Clone();
            OpenSource(Lane.Data);
        }
        else
        {
            // The peer now has what stood here when the source was opened. A tip of its own that is not here goes out of the base; if it is
            // lower, that branch may come back to it once.
            foreach (var (log, tips) in _snapshot!.Logs)
            {
                var beyond = _peerHas[log].Where(t => t.Sequence > tips[^1].Sequence);
                _peerHas.Set(log, tips.Concat(beyond));
            }

            PushDone();
        }
    }

    private void PushDone()
    {
        if (State == SessionState.Ready && _pushed == 0)
        {
            // Nothing in it for the peer but perhaps objects that it asked for in vain.
            if (CanSend) Put(FrameType.Notify, new NotifyMessage(VectorHash.Of(_replica.Held(Lane.Data))).Encode());
            return;
        }

        _sentAll = true;
        if (State == SessionState.Ready) _compareAt = _now + SessionLimits.CompareAfter;
        Put(FrameType.Complete, _counters.Complete(CompleteReason.CommitsSent).Encode());
    }

    private void OnLocalChange()
    {
        if (!PhaseD) return;
        if (CanReceive) _wantDirty = true;
        _dirty = true;
        _onlyOwn = false;
        HoldCommitsBehindOffers();
    }

    private void OnOwnCommits()
    {
        if (!PhaseD) return;
        _onlyOwn |= !_dirty;
        _dirty = true;
        HoldCommitsBehindOffers();
    }

    private void OnCommits(ReadOnlyMemory<byte> body)
    {
        Charge(body.Length);
        var bundles = CommitsMessage.Decode(body.Span).Bundles;
        var lane = CommitPosition.Read(bundles[0].Record).Lane;
        if (State == SessionState.Members ? lane != Lane.Membership : lane == Lane.Data && !CanReceive) throw new VaultFormatException("Commits came that nobody may send here.");
        foreach (var bundle in bundles)
        {
            var position = CommitPosition.Read(bundle.Record);
            if (position.Lane != lane) throw new VaultFormatException("A COMMITS frame holds both lanes.");
            var has = lane == Lane.Membership ? _peerMembers : _peerHas;
            // Only a help against echoes: a peer that invents logs does not make this grow without end.
            if (position.Sequence > has.Sequence(position.Log) && (has.Count < MostTracked || has[position.Log].Count > 0)) has.Advance(position.Log, position.Previous, new(position.Sequence, position.Id));
        }

        long total = body.Length + SessionLimits.FrameHeader;
        if (State == SessionState.Members && !StrangerMay(bundles, total)) return;
        _counters.CommitsReceived += bundles.Count;
        if (State == SessionState.Ready) _theySentAll = false; // every push ends with its own COMPLETE
        var batch = new List<CommitBundle>();
        long bytes = 0;
        foreach (var bundle in bundles)
        {
            if (batch.Count > 0 && bytes + bundle.Bytes > SessionLimits.StoreBatch)
            {
                Store(lane, batch, bytes, bytes);
                total -= bytes;
                batch = [];
                bytes = 0;
            }

            batch.Add(bundle);
            bytes += bundle.Bytes;
        }

        Store(lane, batch, bytes, total);
    }

    // The last batch of a frame answers for its framing too, so the credit comes back to the byte.
    private void Store(Lane lane, List<CommitBundle> batch, long bytes, long charged)
    {
        _stores.AddCommits(charged);
        Emit(new StoreCommits(lane, batch, bytes));
    }

    private void OnCommitsStored(CommitsStored stored)
    {
        if (!_stores.CommitsDone()) return;
        _unacknowledged = true;
        if (stored.Error is { } error)
        {
            Fail(error, stored.Detail);
            return;
        }

        if (stored.Rejected > 0)
        {
            // A membership that was refused leaves the two without common ground; data commits only leave this sync incomplete.
            if (State == SessionState.Members)
            {
                Fail(SyncErrors.ProtocolViolation, $"{stored.Rejected} membership commits of the peer do not verify");
                return;
            }

            _refused = true;
        }

        GiveCredit();
        if (PhaseD && CanReceive) _wantDirty = true;
        if (PhaseD) Standing();
    }

    private void Charge(int body)
    {
        if (!_stores.Charge(body + SessionLimits.FrameHeader)) throw new VaultFormatException("The peer sent more than the window allows.");
    }

    private void GiveCredit()
    {
        long credit = _stores.TakeCredit();
        if (credit > 0) Put(FrameType.Window, new WindowMessage(credit).Encode());
    }

    private void OnWindow(WindowMessage window)
    {
        _credit += window.Credit;
        if (_credit > SessionLimits.InitialCredit) throw new VaultFormatException("More credit came back than was used.");
    }

    private sealed class FreshSource(IReadOnlyList<CommitBundle> bundles) : ICommitSource
    {
        private int _next;

        public CommitBundle? Next() => _next < bundles.Count ? bundles[_next++] : null;

        public void Dispose()
        {
        }
    }
}
