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
    private readonly Queue<RecentCommit> _run = new();
    private CommitId _end;
    private ulong _sequence;
    private long _bytes;

    /// <summary>The commits of a group as they are kept, once it is durable: copies of what it holds, and where it stands.</summary>
    public static RecentCommit[] Of(BuiltGroup group, ArrivingGroup placed)
    {
        var commits = new RecentCommit[group.Count];
        for (int i = 0; i < commits.Length; i++)
        {
            var commit = group[i];
            long bytes = commit.Record.Length;
            for (int b = 0; b < commit.Header.Blocks.Count; b++) bytes += commit.Header.Blocks[b].Size;

            // Objects are found through the index, and what a commit depends on may have to go before it: then the usual way is taken.
            bool simple = !group.NamesObjects(i) && commit.Header.Dependencies.Count == 0;
            var bundle = simple && bytes <= LargestCommit ? new CommitBundle(commit.Record, group.BlocksOf(i), []) : null;
            commits[i] = new(commit.Header, commit.Id, placed.Commits[i].Row, simple, bundle, bundle is null ? 0 : bytes);
        }

        return commits;
    }

    /// <summary>Takes what is durable now, in the order of the log.</summary>
    public void Add(RecentCommit[] commits)
    {
        lock (_gate)
        {
            foreach (var commit in commits)
            {
                if (!commit.IsSimple || _run.Count == 0 || commit.Header.Previous != _end) Clear();
                if (!commit.IsSimple) continue;
                _run.Enqueue(commit);
                (_end, _sequence) = (commit.Id, commit.Header.Sequence);
                _bytes += commit.Bytes;
                while (_bytes > MostBytes || _run.Count > MostCommits) _bytes -= _run.Dequeue().Bytes;
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
            var behind = new List<RecentCommit>();
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
    private sealed class Bundles(List<RecentCommit> entries, Func<CommitId, CommitRow, CommitBundle> read) : IReadOnlyList<CommitBundle>
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

/// <summary>One commit that this process wrote.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Id">Its id.</param>
/// <param name="Row">Where it stands.</param>
/// <param name="IsSimple">It can be sent as it is: it names no object and depends on nothing but the one before.</param>
/// <param name="Bundle">As it is sent; null where it is read again for that.</param>
/// <param name="Bytes">Of <paramref name="Bundle"/>.</param>
internal sealed record RecentCommit(CommitHeader Header, CommitId Id, CommitRow Row, bool IsSimple, CommitBundle? Bundle, long Bytes);
