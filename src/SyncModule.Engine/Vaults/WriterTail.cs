using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What the writer of this process knows about the end of the log, so that it need not bring the index level before each group: as long
/// as the log ends where its own last group did, nobody else has written, and the next number, the previous commit, the deps, the members
/// and the states of the items that it wrote itself follow from memory. Anything else makes it read the log and the index again.
/// Used under the writer's lock only.
/// </summary>
internal sealed class WriterTail
{
    // States of items that own groups changed and the index may not have yet, with the number of the last such group.
    private readonly Dictionary<Id16, (PreparedRows Rows, int Index, long Group)> _items = [];
    private readonly Queue<(long Group, LogMark End, List<PreparedRows> Rows)> _groups = new();
    private long _lastGroup;

    /// <summary>Takes the state of an index that is level with <paramref name="end"/>.</summary>
    public WriterTail(VaultContext vault, IndexState state, IEnumerable<NumberedOrigin> origins, LogMark end, long stamp, CollectionStates collections)
    {
        Origins = new(origins);
        Rows = new(Origins);
        Log = vault.OwnLogs.Data;
        (End, Covered, Stamp) = (end, state.Mark, stamp);
        var tips = state.Held[Log];
        Tip = tips.Count == 0 ? default : tips[^1];
        Clock = state.Clock;
        Dependencies = DependenciesOf(state, Log);
        Members = vault.Membership.Heads;
        Epoch = vault.CurrentEpoch;
        Applied = state.Applied.Clone();
        Collections = collections;
    }

    /// <summary>As of when this was taken; own commits that followed stand in <see cref="Tip"/>.</summary>
    public VersionVector Applied { get; }

    /// <summary>What the collections say of themselves. Whoever changes one makes a new tail.</summary>
    public CollectionStates Collections { get; }

    /// <summary>The end of the log when this was taken, or of the own group written last.</summary>
    public LogMark End { get; private set; }

    /// <summary>Rows of an index that is level with at least this mark, and the states here above them, are the items as they are.</summary>
    public LogMark Covered { get; private set; }

    /// <summary><see cref="Indexer.Foreign"/> when this was taken.</summary>
    public long Stamp { get; }

    /// <summary>Proof that items were never written; see <see cref="SeenItems.IsClosed"/>.</summary>
    public SeenItems? Seen { get; init; }

    /// <summary>What origins are called in <see cref="Rows"/>.</summary>
    public WriterOrigins Origins { get; }

    /// <summary>Writes and reads rows that the index has not taken over yet.</summary>
    public StateRows Rows { get; }

    /// <summary>The own log that is appended to.</summary>
    public LogId Log { get; }

    /// <summary>The last commit of <see cref="Log"/>.</summary>
    public Tip Tip { get; private set; }

    public HybridTimestamp Clock { get; private set; }

    /// <summary>What the next own commit has to name (format-1 §3).</summary>
    public IReadOnlyList<CommitId> Dependencies { get; private set; }

    public IReadOnlyList<CommitId> Members { get; }

    public EpochKeys Epoch { get; }

    public bool TryItem(Id16 tag, out KeyState? state)
    {
        bool found = _items.TryGetValue(tag, out var item);
        state = found ? Rows.Read(item.Rows.Row(item.Index)) : null;
        return found;
    }

    /// <summary>Own groups became durable.</summary>
    public void Advance(CommitBuilder built, LogMark end)
    {
        (End, Tip, Clock, Dependencies) = (end, built.Tip, built.Clock, built.Dependencies);
        _lastGroup++;
        var all = new List<PreparedRows>();
        foreach (var group in built.Groups)
        {
            foreach (var rows in group.Rows)
            {
                all.Add(rows);
                for (int i = 0; i < rows.Count; i++) _items[rows[i].Tag] = (rows, i, _lastGroup);
            }
        }

        _groups.Enqueue((_lastGroup, end, all));
    }

    /// <summary>The index has come to <paramref name="mark"/>: states that it has need not be kept here.</summary>
    public void Forget(LogMark mark)
    {
        while (_groups.TryPeek(out var group) && group.End <= mark)
        {
            _groups.Dequeue();
            Covered = group.End;
            foreach (var rows in group.Rows)
            {
                for (int i = 0; i < rows.Count; i++)
                {
                    if (_items.TryGetValue(rows[i].Tag, out var item) && item.Group == group.Group) _items.Remove(rows[i].Tag);
                }
            }
        }
    }

    // Applied tips of all other logs, own older ones included, less those that an applied commit names: the own previous commit, or
    // one behind another tip (format-1 §3). Not "what came since the own previous commit": after a rebuild, in which other commits
    // may be folded earlier than the first time, that is no longer what this commit's author knew.
    private static List<CommitId> DependenciesOf(IndexState state, LogId log)
    {
        var dependencies = new List<CommitId>();
        foreach (var (other, tips) in state.Applied.Logs)
        {
            if (other == log) continue;
            foreach (var tip in tips)
            {
                if (!state.Mentioned.Contains(tip.Id)) dependencies.Add(tip.Id);
            }
        }

        return dependencies;
    }
}
