using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// Two branches of one log (format-1 §2, §6). Whoever is behind or level in a log is sent everything behind the tips of its that are known
// here. Whoever is ahead is sent nothing unasked, because normally its tip only stands on what is here; so the one that is ahead looks
// whether it knows the tips of the other, and asks for the branch by FORK when it does not. One of the two rules always finds the fork.
public sealed partial class SyncSession
{
    private const int MostForkAsks = 1_024;

    private readonly Queue<CommitId> _forks = new();
    private ForkMessage? _forkAsked;
    private ForkMessage? _forkAnswer;
    private int _forkAsks;

    // The branch that is being sent, oldest first, and what ends it.
    private Queue<CommitId>? _branch;
    private ForkMessage? _branchEnd;

    private bool NoForks => _forks.Count == 0 && _forkAsked is null;

    // What the peer has, as far as this end could send behind it.
    private VersionVector Reachable(VersionVector held)
    {
        var reachable = _peerHas.Clone();
        foreach (var (log, tips) in held.Logs)
        {
            if (_peerHas.Sequence(log) > tips[^1].Sequence || (Plants.VectorWithoutTips && _peerHas.Sequence(log) == tips[^1].Sequence)) reachable.Set(log, tips);
        }

        return reachable;
    }

    private void FindForks()
    {
        if (!CanReceive || Plants.VectorWithoutTips) return;
        var held = _replica.Held(Lane.Data);
        foreach (var (log, tips) in _theirHeld!.Logs)
        {
            if (held.Sequence(log) <= tips[^1].Sequence) continue;
            foreach (var tip in tips.Where(t => !held[log].Contains(t) && !Holds(t.Id))) _forks.Enqueue(tip.Id);
        }
    }

    private bool Holds(CommitId id) => _replica.CommitsById([id]).Count > 0;

    private void ContinueForks()
    {
        if (_forkAnswer is { } answer && _stores.NoCommits)
        {
            int asked = _forkAsked!.Count;
            _forkAnswer = _forkAsked = null;
            if (answer.Count == 0) _refused = true;
            else if (!answer.Previous.IsZero && !Holds(answer.Previous)) AskFork(answer.Previous, Math.Min(asked * 8, SessionLimits.ForkMost));
        }

        if (_forkAsked is null && _forks.TryDequeue(out var tip)) AskFork(tip, SessionLimits.ForkFirst);
    }

    private void AskFork(CommitId tip, int count)
    {
        if (++_forkAsks > MostForkAsks) throw new VaultFormatException("A branch of a log has no end.");
        _forkAsked = ForkMessage.Ask(tip, count);
        Put(FrameType.Fork, _forkAsked.Encode());
    }

    private void OnFork(ForkMessage message)
    {
        if (message.Answer)
        {
            if (_forkAsked?.Tip != message.Tip || _forkAnswer is not null) throw new VaultFormatException("A FORK was answered that was not asked.");
            _forkAnswer = message;
            return;
        }

        if (!CanSend || _branch is not null || message.Count == 0) throw new VaultFormatException("A FORK came that was not allowed.");
        var ids = new Stack<CommitId>();
        var previous = message.Tip;
        while (ids.Count < message.Count && !previous.IsZero && _replica.CommitsById([previous]) is [var bundle])
        {
            ids.Push(previous);
            previous = CommitPosition.Read(bundle.Record).Previous;
        }

        _branchEnd = new(true, message.Tip, ids.Count, previous);
        _branch = new(ids);
    }

    private void BuildBranch()
    {
        var bundles = new List<CommitBundle>();
        long bytes = 0;
        while (bytes < SessionLimits.BulkFrame && _branch!.TryDequeue(out var id))
        {
            foreach (var bundle in _replica.CommitsById([id]))
            {
                bundles.Add(bundle);
                bytes += bundle.Bytes + CommitsMessage.Overhead(bundle);
            }
        }

        if (bundles.Count > 0)
        {
            ParkCommits(bundles);
            return;
        }

        Put(FrameType.Fork, _branchEnd!.Encode());
        _branch = null;
    }
}
