using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Settled records of operations that lie below no floor and replaced versions that do: those of them that were gone there already are not named (docs/decisions/121). Who
/// began with the snapshot of such a floor never had them. In daily use nobody replaces what is gone below a floor, so nothing is read for it; a device that was put back, or
/// retired and comes back, does. Then, at the end of the index transaction, the log below the floor is read once.
/// </summary>
/// <param name="vault">Its log and keys.</param>
/// <param name="rows">Of the transaction.</param>
internal sealed class LateDecisions(VaultContext vault, RowAccess rows)
{
    private readonly HashSet<Dot> _doubtful = [];
    private readonly List<(string Collection, CheckpointFloor Floor)> _floors = [];

    /// <summary>An operation has settled something.</summary>
    /// <param name="operation">With its collection.</param>
    /// <param name="origin">Of it.</param>
    /// <param name="records">What it settled.</param>
    /// <param name="before">The item before it; null where that is not known. A version that stood until now was replaced by nobody else.</param>
    public void Note(Operation operation, in OperationOrigin origin, IReadOnlyList<MergeRecord> records, KeyState? before)
    {
        if (records.Count == 0 || rows.FloorsOf(operation.Collection).Count == 0) return;
        if (before is null || records.Any(r => r.Heads.Any(h => before.Find(r.Path)?.Find(h.Dot) is null))) _doubtful.Add(origin.Dot);
    }

    /// <summary>A checkpoint with a snapshot is applied: what was settled above its floor is looked at again.</summary>
    public void Note(string collection, CheckpointFloor floor) => _floors.Add((collection, floor));

    /// <summary>Writes the records again that name versions which were gone below a floor.</summary>
    public void Settle()
    {
        if (_floors.Count > 0)
        {
            var (collections, under) = (_floors.Select(f => f.Collection).ToHashSet(StringComparer.Ordinal), new Dictionary<Dot, CommitsUnder>());
            foreach (var record in rows.AllRecords())
            {
                if (collections.Contains(record.Collection) && _floors.Exists(f => f.Collection == record.Collection && IsLate(record, Under(f.Floor, under)))) _doubtful.Add(record.Decision!.Dot);
            }
        }

        if (_doubtful.Count > 0) Mend([.. rows.Counting(vault.Operations(rows, _doubtful))]);
        _doubtful.Clear();
        _floors.Clear();
    }

    private static bool IsLate(MergeRecord record, CommitsUnder below) => !below.Contains(record.Decision!.Dot) && record.Heads.Any(h => below.Contains(h.Dot));

    private CommitsUnder Under(CheckpointFloor floor, Dictionary<Dot, CommitsUnder> known)
    {
        if (!known.TryGetValue(floor.Dot, out var under)) known[floor.Dot] = under = new(rows, floor.Floor);
        return under;
    }

    private void Mend(List<ReplacedHead> decisions)
    {
        var (under, adopted) = (new Dictionary<Dot, CommitsUnder>(), CommitsUnder.Adopted(rows));
        // What an adopted snapshot tells of stays: what stood at a lower floor is not known any more.
        if (adopted is not null) decisions.RemoveAll(d => adopted.Contains(d.Origin.Dot));
        var late = new List<(ReplacedHead Decision, List<CheckpointFloor> Floors)>();
        foreach (var decision in decisions)
        {
            var floors = rows.FloorsOf(decision.Operation.Collection).Where(f => !Under(f, under).Contains(decision.Origin.Dot) && decision.Operation.Replaces.Any(Under(f, under).Contains)).ToList();
            if (floors.Count > 0) late.Add((decision, floors));
        }

        var states = new Dictionary<(Dot Floor, Id16 Tag), KeyState?>();
        foreach (var floor in late.SelectMany(l => l.Floors).DistinctBy(f => f.Dot))
        {
            var tags = late.Where(l => l.Floors.Exists(f => f.Dot == floor.Dot)).Select(l => TagOf(l.Decision.Operation)).ToHashSet();
            foreach (var (tag, state) in StatesAt(Under(floor, under), tags)) states[(floor.Dot, tag)] = state;
        }

        foreach (var ((operation, origin), floors) in late)
        {
            var (tag, replaced) = (TagOf(operation), rows.Counting(vault.Operations(rows, operation.Replaces)));
            foreach (var record in MergeRecords.Settled(operation, origin, replaced)) rows.RemoveRecord(tag, record);
            bool IsNamed(string path, Dot dot) => floors.TrueForAll(f => !Under(f, under).Contains(dot) || states.GetValueOrDefault((f.Dot, tag))?.Find(path)?.Find(dot) is not null);
            foreach (var record in MergeRecords.Settled(operation, origin, replaced, Plants.GoneVersionsNamed ? null : IsNamed)) rows.SetRecord(tag, record);
        }
    }

    // One pass over the log for all of them, on the states that an adopted snapshot has.
    private Dictionary<Id16, KeyState?> StatesAt(CommitsUnder below, HashSet<Id16> tags)
    {
        var states = new Dictionary<Id16, KeyState?>();
        foreach (var start in Snapshot.AdoptedStates(vault, rows))
        {
            if (vault.Keys.ItemTag(start.Collection, start.Key) is var tag && tags.Contains(tag)) states[tag] = start;
        }

        var adopted = CommitsUnder.Adopted(rows);
        foreach (var (_, key) in rows.Transaction.Scan(IndexTables.ApplyOrder).ToList())
        {
            var id = new CommitId(key);
            if (rows.Commit(id) is not { State: CommitState.Applied } row || !below.Contains(id, row) || adopted?.Contains(id, row) == true) continue;
            foreach (var (operation, origin) in vault.Blocks.Read(rows, id, row).Operations(id, row))
            {
                if (operation.Detail is CheckpointDetail dropping) states.TakeOut(vault.Keys, operation.Collection, dropping);
                else if (TagOf(operation) is var tag && tags.Contains(tag) && !rows.Transaction.Contains(IndexTables.Refused, IndexTables.DotKey(origin.Dot))) states[tag] = Folding.Apply(states.GetValueOrDefault(tag), operation, origin);
            }
        }

        return states;
    }

    private Id16 TagOf(Operation operation) => vault.Keys.ItemTag(operation.Collection, operation.Key);
}
