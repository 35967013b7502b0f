using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What can be forgotten because every device has it (format-1 §8), and who is still waited for.</summary>
/// <param name="Devices">All members, this one first.</param>
/// <param name="Floor">What all of them have applied; null while somebody is not heard of, or has written what is not here.</param>
/// <param name="Commits">Commits at or below the floor.</param>
/// <param name="Deletions">Items and fields at or below it that were deleted, and of which nothing else is left.</param>
public sealed record CheckpointPlan(IReadOnlyList<DeviceProgress> Devices, VersionVector? Floor, long Commits, long Deletions);

/// <summary>Checkpoints: deletions are forgotten by an operation that everybody applies, when everybody has applied them; never by age.</summary>
public sealed partial class Vault
{
    /// <summary>The collection whose settings say which devices nobody waits for. It holds no items and is not listed.</summary>
    internal const string DevicesCollection = ".devices";

    private const string RetiredPath = "/retired/";

    /// <summary>Bytes of deletions that one commit of a checkpoint names.</summary>
    private const long MaxDroppedBytes = 1 << 20;

    /// <summary>What a checkpoint would forget now. Reads all items.</summary>
    public CheckpointPlan PlanCheckpoint() => Read(rows =>
    {
        var (devices, floor) = Progress(rows);
        return new CheckpointPlan(devices, floor, floor is null ? 0 : floor.Logs.Sum(l => (long)l.Value[^1].Sequence), floor is null ? 0 : DroppableUnder(rows, floor).Sum(c => c.Value.Sum(i => (long)i.Cells.Count)));
    });

    /// <summary>Forgets the deletions that <see cref="PlanCheckpoint"/> counts, here and, as soon as they have this, on every device. Nothing is written when there are none.</summary>
    /// <param name="withSnapshot">The state at the floor is stored with it, so that operations below it may be pruned; then it is written in any case.</param>
    /// <returns>What was forgotten.</returns>
    public CheckpointPlan MakeCheckpoint(bool withSnapshot = false)
    {
        var plan = PlanCheckpoint();
        if (plan.Floor is not { Count: > 0 } floor || (plan.Deletions == 0 && !(withSnapshot && Read(rows => StandingCheckpoint(rows)?.Floor.SameAs(floor) != true)))) return plan;
        using var sink = NewSink();
        var commits = Read(rows => Droppable(rows, floor));
        var state = Read(rows => StateAt(rows, floor));
        var hashes = state.Collections.ToDictionary(c => c, c => state.HashOf(_context.Keys, c), StringComparer.Ordinal);
        var snapshots = withSnapshot ? Snapshots(floor, state, sink) : [];
        if (withSnapshot) AddSnapshots(commits, snapshots.Keys);
        sink.Complete();
        var results = Commit([.. commits.Select((c, i) => new CommitJob([.. c.Select(d => Checkpoint(floor, d, hashes, i == commits.Count - 1 ? snapshots : []))], i == 0 ? sink.SmallObjects : []) { OneCommit = true })]);
        sink.Remember();
        WithIndex(() => _indexer.Change(step =>
        {
            // Whoever computed the state need not compare it.
            foreach (var commit in results.SelectMany(r => r.Commits)) CheckpointRows.SetCompared(step.Rows, commit);
            return 0;
        }));
        return plan;
    }

    /// <summary>
    /// Computes the state that the last checkpoint speaks of, where another device made it and nobody here has compared it yet. Cheap when there is
    /// nothing to compare; else a pass over the log.
    /// </summary>
    /// <returns>How many checkpoints there were to compare.</returns>
    /// <exception cref="SyncException"><see cref="SyncErrors.StateDiverged"/>.</exception>
    public int CompareCheckpoints()
    {
        var waiting = Read(rows => CheckpointRows.All(rows).Where(c => !c.Compared).ToList());
        if (waiting.Count == 0) return 0;
        var (last, row, _) = waiting[^1];
        var differs = Read(rows =>
        {
            var said = _context.Blocks.OpenWhole(rows, last, row).Operations(last, row).Where(o => o.Operation.Detail is CheckpointDetail).Select(o => (o.Operation.Collection, Detail: (CheckpointDetail)o.Operation.Detail!)).ToList();
            if (!CheckpointRows.CanCompute(rows, said[0].Detail.Floor)) return null;
            var state = StateAt(rows, said[0].Detail.Floor);
            return said.Where(s => state.HashOf(_context.Keys, s.Collection) != s.Detail.StateHash).Select(s => s.Collection).FirstOrDefault();
        });
        if (differs is not null) throw SyncErrors.StateDiverged.With($"The checkpoint {last.ToString()[..16]} of {DeviceName(row.Device)} speaks of another state of {differs} than this device computes from the same operations");
        WithIndex(() => _indexer.Change(step =>
        {
            foreach (var (id, _, _) in waiting) CheckpointRows.SetCompared(step.Rows, id);
            return 0;
        }));
        return waiting.Count;
    }

    /// <summary>
    /// Nobody waits for the device any more when it is told what everybody has: it is lost, or will not come for long. It stays a member. When it
    /// comes back it goes on as it was, and is waited for again as soon as it has been heard.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: this device itself; <see cref="SyncErrors.NotAMember"/>.</exception>
    public bool Retire(DeviceId device)
    {
        if (device == Device) throw SyncErrors.UsageWrong.With("A device does not retire itself: it is here");
        if (!Membership.IsMember(device)) throw SyncErrors.NotAMember.With("That device is no member of this vault");
        if (Devices().Any(d => d.Device == device && d.Retired)) return false;
        // When it was said is the operation's own time; another value makes it another setting, where it was said before.
        byte[] now = System.Text.Encoding.UTF8.GetBytes(_context.NowMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        var settings = new Dictionary<string, byte[]?>(StringComparer.Ordinal) { [RetiredPath + device] = now };
        var intent = new ItemIntent(DevicesCollection, "", _ => null) { BuildAll = (state, _) => CollectionPolicy.Write(state, DevicesCollection, settings) is { } operation ? [operation] : [] };
        return Commit([new([intent], [])])[0].Dots[0] is not null;
    }

    /// <summary>How far each device has come, this one first; reads no item.</summary>
    public IReadOnlyList<DeviceProgress> Devices() => Read(rows => Heard(rows).Devices);

    private (IReadOnlyList<DeviceProgress> Devices, VersionVector? Floor) Progress(RowAccess rows)
    {
        var (devices, waitedFor) = Heard(rows);
        return (devices, StableFloor.Compute(_context, rows, _indexer.State.Applied, waitedFor));
    }

    private (IReadOnlyList<DeviceProgress> Devices, IReadOnlyList<Acknowledgement?> WaitedFor) Heard(RowAccess rows)
    {
        var applied = _indexer.State.Applied;
        var known = Acknowledgements().ToDictionary(a => a.Device);
        var devices = new List<DeviceProgress> { new(Device, HybridTimestamp.FromMilliseconds(_context.NowMilliseconds()), false, 0, 0) };
        var waitedFor = new List<Acknowledgement?>();
        foreach (var device in _context.Membership.Fold.Members.Select(m => m.Device).Where(d => d != Device).Order())
        {
            var said = known.GetValueOrDefault(device);
            bool isRetired = RetiredSince(rows, device) is { } since && !(said?.Timestamp.CompareTo(since) > 0);
            if (!isRetired) waitedFor.Add(said);
            devices.Add(new(device, said?.Timestamp, isRetired, applied.Logs.Sum(l => Math.Max(0, (long)l.Value[^1].Sequence - (long)(said?.Applied.Sequence(l.Key) ?? 0))), said is null ? 0 : StableFloor.Unseen(rows, said)));
        }

        return (devices, waitedFor);
    }

    private HybridTimestamp? RetiredSince(RowAccess rows, DeviceId device) =>
        Collections(rows).Of(DevicesCollection)?.Find(RetiredPath + device)?.First is { Alive: true } head ? head.Timestamp : null;

    private static SortedDictionary<string, List<DroppedItem>> DroppableUnder(RowAccess rows, VersionVector floor)
    {
        var byCollection = new SortedDictionary<string, List<DroppedItem>>(StringComparer.Ordinal);
        var below = new CommitsUnder(rows, floor);
        foreach (var (_, item) in rows.AllItems())
        {
            if (Dropping.Find(item, below.Contains) is not { } dropped) continue;
            if (!byCollection.TryGetValue(item.Collection, out var list)) byCollection[item.Collection] = list = [];
            list.Add(dropped);
        }

        foreach (var list in byCollection.Values) list.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return byCollection;
    }

    private FloorState StateAt(RowAccess rows, VersionVector floor)
    {
        using var scratch = _stores.OpenScratch();
        using var transaction = scratch.Begin(write: true);
        var adopted = CheckpointRows.Adopted(rows)?.Floor ?? new();
        var (below, stands) = (new CommitsUnder(rows, floor), new CommitsUnder(rows, adopted));
        return FloorState.Fold(_context, rows, _indexer.State.Applied, new RowAccess(transaction, _context.IndexSealer, new SeenItems()), AdoptedStates(rows), (id, row) => below.Contains(id, row) && !stands.Contains(id, row));
    }

    // As many commits as the deletions need: each its collections, with some of what is dropped there.
    private static List<List<(string Collection, IReadOnlyList<DroppedItem> Dropped)>> Droppable(RowAccess rows, VersionVector floor)
    {
        var commits = new List<List<(string, IReadOnlyList<DroppedItem>)>> { new() };
        long bytes = 0;
        foreach (var (collection, items) in DroppableUnder(rows, floor))
        {
            for (int start = 0, end = 0; start < items.Count; start = end)
            {
                if (bytes >= MaxDroppedBytes || commits[^1].Count == Dot.MaxBlocks)
                {
                    commits.Add([]);
                    bytes = 0;
                }

                while (end < items.Count && end - start < Operation.MaxCells && bytes < MaxDroppedBytes) bytes += CheckpointDetail.SizeOf(items[end++]);
                commits[^1].Add((collection, items.GetRange(start, end - start)));
            }
        }

        return commits;
    }

    // The last commit has all of them: whoever adopts one needs no other.
    private static void AddSnapshots(List<List<(string Collection, IReadOnlyList<DroppedItem> Dropped)>> commits, IReadOnlyCollection<string> collections)
    {
        if (collections.Count > Dot.MaxBlocks) throw SyncErrors.TransactionTooLarge.With($"A checkpoint of {collections.Count} collections needs more than one commit; one takes {Dot.MaxBlocks}");
        if (commits.Count > 1) commits.Add([]);
        foreach (string collection in collections)
        {
            if (commits[^1].All(c => c.Collection != collection)) commits[^1].Add((collection, []));
        }

        if (commits[^1].Count > Dot.MaxBlocks) commits.Add([.. collections.Select(c => (c, (IReadOnlyList<DroppedItem>)[]))]);
    }

    private static ItemIntent Checkpoint(VersionVector floor, (string Collection, IReadOnlyList<DroppedItem> Dropped) part, Dictionary<string, Id32> hashes, Dictionary<string, ItemValue> snapshots)
    {
        var detail = new CheckpointDetail(floor, hashes.GetValueOrDefault(part.Collection), part.Dropped, snapshots.GetValueOrDefault(part.Collection));
        return new(part.Collection, "", _ => null) { BuildAll = (_, _) => [new(part.Collection, "", OperationKind.Checkpoint, [], null, false, null, [], null, null) { Detail = detail }] };
    }
}
