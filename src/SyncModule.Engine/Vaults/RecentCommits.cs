using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The last small commits that this process wrote, as sessions send them: a peer that follows gets them without a look into the index,
/// which may then come later. Always an unbroken run of one log, all of it durable. Safe for many threads.
/// </summary>
internal sealed class RecentCommits
{
    /// <summary>Largest commit that is kept: beyond it, reading it again is not what takes the time.</summary>
    private const int LargestCommit = 64 << 10;

    private const int MostBytes = 1 << 20;
    private const int MostCommits = 256;

    private readonly Lock _gate = new();
    private readonly Queue<(CommitHeader Header, CommitId Id, CommitBundle Bundle)> _run = new();
    private CommitId _end;
    private ulong _sequence;
    private long _bytes;

    /// <summary>Takes a group that is durable now, in the order of the log.</summary>
    public void Add(BuiltGroup group)
    {
        lock (_gate)
        {
            foreach (var (commit, blockBytes, namesObjects) in group.Commits)
            {
                // Objects are found through the index, and what a commit depends on may have to go before it: then the usual way is taken.
                bool simple = !namesObjects && commit.Header.Dependencies.Count == 0 && commit.Record.Length + blockBytes <= LargestCommit;
                if (!simple || _run.Count == 0 || commit.Header.Previous != _end) Clear();
                if (!simple) continue;
                var bundle = new CommitBundle(commit.Record, group.BlocksOf(commit), []);
                _run.Enqueue((commit.Header, commit.Id, bundle));
                (_end, _sequence) = (commit.Id, commit.Header.Sequence);
                _bytes += bundle.Bytes;
                while (_bytes > MostBytes || _run.Count > MostCommits) _bytes -= _run.Dequeue().Bundle.Bytes;
            }
        }
    }

    /// <summary>What follows on the one tip in <paramref name="theirs"/> of the run's log; null where the run does not begin there.</summary>
    public FreshCommits? Behind(VersionVector theirs)
    {
        lock (_gate)
        {
            if (_run.Count == 0) return null;
            var log = _run.Peek().Header.Log;
            var tips = theirs[log];
            if (tips.Count > 1) return null;
            var tip = tips.Count == 0 ? default : tips[0];
            bool follows = _run.Peek().Header.Previous == tip.Id; // both zero: the log's first commit
            var behind = new List<CommitBundle>();
            foreach (var (_, id, bundle) in _run)
            {
                if (follows) behind.Add(bundle);
                follows |= id == tip.Id;
            }

            return follows ? new(log, behind, new(_sequence, _end)) : null;
        }
    }

    private void Clear()
    {
        _run.Clear();
        _bytes = 0;
    }
}
