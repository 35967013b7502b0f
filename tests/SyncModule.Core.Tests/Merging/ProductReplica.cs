using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>What an engine does around the fold: a gate, exactly-once delivery, a log to look up what was replaced.</summary>
internal sealed class ProductReplica : ICausalHistory, ILogBranches
{
    private readonly Dictionary<LogId, ulong> _sequences = [];

    private readonly SortedDictionary<string, KeyState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<Dot, WrittenOperation> _log = [];
    private readonly HashSet<CommitId> _applied = [];
    private readonly List<WrittenCommit> _waiting = [];
    private readonly List<MergeRecord> _settled = [];

    /// <summary>A replica that goes on from where this one is.</summary>
    public ProductReplica Fork()
    {
        var copy = new ProductReplica();
        foreach (var (log, sequence) in _sequences) copy._sequences.Add(log, sequence);
        foreach (var (key, state) in _states) copy._states.Add(key, state);
        foreach (var (dot, written) in _log) copy._log.Add(dot, written);
        copy._applied.UnionWith(_applied);
        copy._waiting.AddRange(_waiting);
        copy._settled.AddRange(_settled);
        return copy;
    }

    public int Applied => _applied.Count;

    public KeyState? State(string key) => _states.GetValueOrDefault(key);

    public ItemValue Whole(ItemValue detached) => _log[detached.Source!.Value].Operation.WholeOf(detached)!;

    public bool Contains(Head head) => _applied.Contains(head.Dot.Commit);

    public ulong SequenceOf(LogId log) => _sequences.GetValueOrDefault(log);

    // No log of these histories is forked.
    public bool IsBehind(LogId log, CommitId commit, Tip tip) => true;

    /// <summary>The state as it shows under the trees of its collection.</summary>
    public KeyState Visible(string key) => Masking.Under(State("")?.Trees ?? [], State(key)!, this);

    /// <summary>Commits in any order, any number of times: each is folded once, behind its past.</summary>
    public ProductReplica Receive(IEnumerable<WrittenCommit> commits)
    {
        foreach (var commit in commits)
        {
            _waiting.Add(commit);
            while (_waiting.Find(c => c.Past.All(_applied.Contains)) is { } ready)
            {
                _waiting.Remove(ready);
                if (_applied.Add(ready.Id)) Fold(ready);
            }
        }

        return this;
    }

    public IEnumerable<MergeRecord> AllRecords() => _settled.Concat(_states.Keys.SelectMany(k => MergeRecords.Open(Visible(k))));

    public byte[] Records() => MergeRecords.Encode(AllRecords());

    private void Fold(WrittenCommit commit)
    {
        var past = new PastOf(commit.Past);
        foreach (var written in commit.Operations)
        {
            var (operation, origin, _) = written;
            _log[origin.Dot] = written;
            _sequences[origin.Log] = Math.Max(origin.Sequence, SequenceOf(origin.Log));
            if (operation.Detail is CheckpointDetail checkpoint)
            {
                foreach (var item in checkpoint.Dropped) Drop(item, past);
                continue;
            }

            // As it comes back from an index, so that folds meet detached values too.
            _states[operation.Key] = KeyState.Decode(Folding.Apply(_states.GetValueOrDefault(operation.Key), operation, origin, past).Encode());
            var replaced = operation.Replaces
                .Where(d => commit.Past.Contains(d.Commit) && _log.ContainsKey(d))
                .Select(d => new ReplacedHead(_log[d].Operation, _log[d].Origin));
            _settled.AddRange(MergeRecords.Settled(operation, origin, [.. replaced]));
        }
    }

    private void Drop(DroppedItem item, PastOf past)
    {
        if (_states.TryGetValue(item.Key, out var state))
        {
            if (Dropping.Apply(state, item, past) is { } left) _states[item.Key] = KeyState.Decode(left.Encode());
            else _states.Remove(item.Key);
        }
    }

    internal sealed class PastOf(IReadOnlySet<CommitId> past) : ICausalHistory
    {
        public bool Contains(Head head) => past.Contains(head.Dot.Commit);

        public ulong SequenceOf(LogId log) => throw new NotSupportedException("A fold asks for heads only.");
    }
}
