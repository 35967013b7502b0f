using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>What an engine does around the fold: a gate, exactly-once delivery, a log to look up what was replaced.</summary>
/// <param name="isAdministrator">Who may rescue what others own; nobody by default.</param>
internal sealed class ProductReplica(Func<DeviceId, bool>? isAdministrator = null) : ICausalHistory, ILogBranches
{
    private readonly List<WrittenCommit> _order = [];
    private bool _owned;

    private readonly Dictionary<LogId, ulong> _sequences = [];

    private readonly SortedDictionary<string, KeyState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<Dot, WrittenOperation> _log = [];
    private readonly HashSet<CommitId> _applied = [];
    private readonly List<WrittenCommit> _waiting = [];
    private readonly List<MergeRecord> _settled = [];
    private readonly List<CheckpointFloor> _floors = [];

    /// <summary>A replica that goes on from where this one is.</summary>
    public ProductReplica Fork()
    {
        var copy = new ProductReplica(isAdministrator) { _owned = _owned };
        copy._order.AddRange(_order);
        foreach (var (log, sequence) in _sequences) copy._sequences.Add(log, sequence);
        foreach (var (key, state) in _states) copy._states.Add(key, state);
        foreach (var (dot, written) in _log) copy._log.Add(dot, written);
        copy._applied.UnionWith(_applied);
        copy._waiting.AddRange(_waiting);
        copy._settled.AddRange(_settled);
        copy._floors.AddRange(_floors);
        return copy;
    }

    public int Applied => _applied.Count;

    /// <summary>Names that some operation was folded of.</summary>
    public IReadOnlyCollection<string> Keys => _states.Keys;

    public KeyState? State(string key) => _states.GetValueOrDefault(key);

    public ItemValue Whole(ItemValue detached) => _log[detached.Source!.Value].Operation.WholeOf(detached)!;

    public bool Contains(Head head) => _applied.Contains(head.Dot.Commit);

    public ulong SequenceOf(LogId log) => _sequences.GetValueOrDefault(log);

    // No log of these histories is forked.
    public bool IsBehind(LogId log, CommitId commit, Tip tip) => true;

    /// <summary>The state as it shows under the trees and the policy of its collection.</summary>
    public KeyState Visible(string key) => CollectionPolicy.Of(State("")).Show(Masking.Under(State("")?.Trees ?? [], State(key)!, this, Owners));

    private Ownership Owners => _owned ? Ownership.Of(State("")!.Generations, _floors, isAdministrator ?? (_ => false), this) : Ownership.None;

    /// <summary>Commits in any order, any number of times: each is folded once, behind its past.</summary>
    public ProductReplica Receive(IEnumerable<WrittenCommit> commits)
    {
        foreach (var commit in commits)
        {
            _waiting.Add(commit);
            while (_waiting.Find(c => c.Past.All(_applied.Contains)) is { } ready)
            {
                _waiting.Remove(ready);
                if (_applied.Add(ready.Id)) Apply(ready);
            }
        }

        return this;
    }

    public IEnumerable<MergeRecord> AllRecords() => _settled.Concat(_states.Keys.SelectMany(k => MergeRecords.Open(Visible(k))));

    public byte[] Records() => MergeRecords.Encode(AllRecords());

    private void Apply(WrittenCommit commit)
    {
        _order.Add(commit);
        foreach (var written in commit.Operations)
        {
            _log[written.Origin.Dot] = written;
            _sequences[written.Origin.Log] = Math.Max(written.Origin.Sequence, SequenceOf(written.Origin.Log));
            _owned |= written.Operation.Kind == OperationKind.Own;
            if (written.Operation.Detail is CheckpointDetail checkpoint && checkpoint.FloorOf(written.Origin) is { } floor) _floors.Add(floor);
        }

        _floors.Sort();

        if (!_owned && _floors.Count == 0)
        {
            Fold(commit, ofCollection: true, Ownership.None);
            Fold(commit, ofCollection: false, Ownership.None);
            return;
        }

        // Who owns what may have turned out otherwise, and with it what counts, and what was gone below a floor: all anew, what is said of the collection first.
        _states.Clear();
        _settled.Clear();
        foreach (var one in _order) Fold(one, ofCollection: true, Ownership.None);
        foreach (var one in _order) Fold(one, ofCollection: false, Owners);
    }

    private void Fold(WrittenCommit commit, bool ofCollection, Ownership owners)
    {
        var past = new PastOf(commit.Past);
        bool isVoid = commit.Operations.Any(w => w.Atomic && w.Operation.Key.Length > 0 && !owners.Counts(w.Operation, w.Origin));
        foreach (var (operation, origin, _) in commit.Operations)
        {
            if (operation.Detail is CheckpointDetail checkpoint)
            {
                foreach (var item in ofCollection ? [] : checkpoint.Dropped) Drop(item, past);
                continue;
            }

            if ((operation.Key.Length == 0) != ofCollection || (!ofCollection && (isVoid || !owners.Counts(operation, origin)))) continue;
            // As it comes back from an index, so that folds meet detached values too.
            _states[operation.Key] = KeyState.Decode(Folding.Apply(_states.GetValueOrDefault(operation.Key), operation, origin, past).Encode());
            var replaced = operation.Replaces
                .Where(d => commit.Past.Contains(d.Commit) && _log.ContainsKey(d) && Stands(d, owners))
                .Select(d => new ReplacedHead(_log[d].Operation, _log[d].Origin));
            var (key, at) = (operation.Key, origin);
            _settled.AddRange(MergeRecords.Settled(operation, origin, [.. replaced], (path, dot) => _floors.TrueForAll(f => IsUnder(f, at) || !IsUnder(f, _log[dot].Origin) || StateAt(f, key, owners)?.Find(path)?.Find(dot) is not null)));
        }
    }

    private static bool IsUnder(CheckpointFloor floor, in OperationOrigin origin) => floor.Floor.Sequence(origin.Log) >= origin.Sequence;

    private KeyState? StateAt(CheckpointFloor floor, string key, Ownership owners)
    {
        KeyState? state = null;
        foreach (var commit in _order.Where(c => c.Operations.All(w => IsUnder(floor, w.Origin))))
        {
            var past = new PastOf(commit.Past);
            foreach (var (operation, origin, _) in commit.Operations)
            {
                if (operation.Detail is CheckpointDetail checkpoint) state = checkpoint.Dropped.FirstOrDefault(i => i.Key == key) is { } item && state is not null ? Dropping.Apply(state, item, past) : state;
                else if (operation.Key == key && (key.Length == 0 || Stands(origin.Dot, owners))) state = Folding.Apply(state, operation, origin, past);
            }
        }

        return state;
    }

    private void Drop(DroppedItem item, PastOf past)
    {
        if (!_states.TryGetValue(item.Key, out var state)) return;
        if (Dropping.Apply(state, item, past) is { } left) _states[item.Key] = KeyState.Decode(left.Encode());
        else _states.Remove(item.Key);
    }

    private bool Stands(Dot dot, Ownership owners)
    {
        if (!owners.Any) return true;
        var commit = _order.Find(c => c.Id == dot.Commit)!;
        return _log[dot].Atomic ? commit.Operations.All(w => w.Operation.Key.Length == 0 || owners.Counts(w.Operation, w.Origin)) : owners.Counts(_log[dot].Operation, _log[dot].Origin);
    }

    internal sealed class PastOf(IReadOnlySet<CommitId> past) : ICausalHistory
    {
        public bool Contains(Head head) => past.Contains(head.Dot.Commit);

        public ulong SequenceOf(LogId log) => throw new NotSupportedException("A fold asks for heads only.");
    }
}
