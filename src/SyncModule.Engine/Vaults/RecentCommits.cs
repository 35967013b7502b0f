using System.Collections;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The last commits that this process wrote, as sessions send them: a peer that follows gets them without a look into the index, which
/// may then come later. Always an unbroken run of one log, all of it durable. Safe for many threads.
/// </summary>
/// <param name="read">A commit as it stands in the log; it throws where that cannot be read.</param>
internal sealed class RecentCommits(Func<CommitId, CommitRow, CommitBundle> read)
{
    /// <summary>Largest commit that is kept: beyond it, reading it again is not what takes the time. Of those it is known where they stand.</summary>
    private const int LargestCommit = 64 << 10;

    private const int MostBytes = 1 << 20;
    private const int MostCommits = 256;

    private readonly Lock _gate = new();
    private readonly Queue<Entry> _run = new();
    private CommitId _end;
    private ulong _sequence;
    private long _bytes;

    private sealed record Entry(CommitHeader Header, CommitId Id, CommitRow Row, CommitBundle? Bundle);

    /// <summary>Takes a group that is durable now, in the order of the log, and where it stands.</summary>
    public void Add(BuiltGroup group, ArrivingGroup placed)
    {
        lock (_gate)
        {
            int next = 0;
            foreach (var (commit, blockBytes, namesObjects) in group.Commits)
            {
                // Objects are found through the index, and what a commit depends on may have to go before it: then the usual way is taken.
                var row = placed.Commits[next++].Row;
                bool simple = !namesObjects && commit.Header.Dependencies.Count == 0;
                if (!simple || _run.Count == 0 || commit.Header.Previous != _end) Clear();
                if (!simple) continue;
                var bundle = commit.Record.Length + blockBytes <= LargestCommit ? new CommitBundle(commit.Record, group.BlocksOf(commit), []) : null;
                _run.Enqueue(new(commit.Header, commit.Id, row, bundle));
                (_end, _sequence) = (commit.Id, commit.Header.Sequence);
                _bytes += bundle?.Bytes ?? 0;
                while (_bytes > MostBytes || _run.Count > MostCommits) _bytes -= _run.Dequeue().Bundle?.Bytes ?? 0;
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
            var behind = new List<Entry>();
            foreach (var entry in _run)
            {
                if (follows) behind.Add(entry);
                follows |= entry.Id == tip.Id;
            }

            return follows ? new(log, new Bundles(behind, read), new(_sequence, _end)) : null;
        }
    }

    private void Clear()
    {
        _run.Clear();
        _bytes = 0;
    }

    // Large ones are read when they are asked for, one at a time.
    private sealed class Bundles(List<Entry> entries, Func<CommitId, CommitRow, CommitBundle> read) : IReadOnlyList<CommitBundle>
    {
        public int Count => entries.Count;

        public CommitBundle this[int index] => entries[index].Bundle ?? read(entries[index].Id, entries[index].Row);

        public IEnumerator<CommitBundle> GetEnumerator()
        {
            for (int i = 0; i < Count; i++) yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
