using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The path that every commit takes after it is durable here, whether written locally, received, or read again in a rebuild
/// (format-1 §6): held → gate → does it count → fold → vectors. It runs inside one index transaction and touches nothing else.
/// </summary>
internal sealed class CommitFolder(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted)
{
    private readonly Queue<CommitId> _ready = new();

    /// <summary>Takes notice of a commit that is durable in the log. A known one is dropped.</summary>
    public void Add(Commit commit, CommitRow row)
    {
        if (rows.HasCommit(commit.Id)) return;
        rows.SetCommit(commit.Id, row with { State = CommitState.Loose });
        rows.Transaction.Put(IndexTables.LogOrder, IndexTables.LogKey(row.Log, row.Sequence, commit.Id), []);
        state.Commits++;
        state.WaitingCommits++;
        ObserveClock(row);
        _ready.Enqueue(commit.Id);
        Drain();
    }

    /// <summary>Something that commits waited for is here now: a commit, an epoch or a block object.</summary>
    public void Wake(Id32 arrived)
    {
        var from = IndexTables.Pair(arrived, default);
        var to = IndexTables.PrefixEnd(from.AsSpan(0, Id32.Size));
        foreach (var (key, _) in rows.Transaction.Scan(IndexTables.Waiting, from, to))
        {
            rows.Transaction.Delete(IndexTables.Waiting, key);
            _ready.Enqueue(new CommitId(key.AsSpan(Id32.Size)));
        }
    }

    public void Drain()
    {
        while (_ready.TryDequeue(out var id))
        {
            var row = rows.Commit(id)!;
            if (row.State == CommitState.Loose && !TryHold(id, ref row)) continue;
            if (row.State != CommitState.Waiting) continue;
            if (row.Lane == Lane.Membership) AddMembership(id, row);
            else TryApply(id, row);
        }
    }

    // Held: the chain before it is durable here (format-1 §6, step 4). Only then does it enter a vector.
    private bool TryHold(CommitId id, ref CommitRow row)
    {
        if (!row.Previous.IsZero)
        {
            if (rows.Commit(row.Previous) is not { State: not CommitState.Loose } previous) { Wait(row.Previous, id); return false; }

            // A chain that runs through another log, or skips, is no chain: such a commit is never held.
            if (previous.Log != row.Log || previous.Device != row.Device || previous.Lane != row.Lane || previous.Sequence != row.Sequence - 1) return false;
        }

        row = row with { State = CommitState.Waiting };
        rows.SetCommit(id, row);
        (row.Lane == Lane.Data ? state.Held : state.Members).Advance(row.Log, row.Previous, new(row.Sequence, id));
        Wake(id);
        return true;
    }

    private void AddMembership(CommitId id, CommitRow row)
    {
        var commit = Commit.Decode(vault.Blocks.ReadRecord(row.Position));
        rows.Transaction.Put(IndexTables.Membership, IndexTables.Number(state.NextOrder), id.ToArray());
        rows.SetCommit(id, row with { State = CommitState.Applied, Order = state.NextOrder++ });
        state.WaitingCommits--;
        vault.Membership.Add(commit, vault.Blocks.OpenMembership(commit.Header, vault.Blocks.ReadRecord(row.Blocks[0])));
        Wake(id);
    }

    // The gate (format-1 §6): prev and deps applied, members folded, epoch keys here, kinds known. What is missing first is what
    // the commit waits for; it is asked again when that arrives.
    private void TryApply(CommitId id, CommitRow row)
    {
        var commit = Commit.Decode(vault.Blocks.ReadRecord(row.Position));
        var header = commit.Header;
        if (!row.Previous.IsZero && !IsApplied(row.Previous)) { Wait(row.Previous, id); return; }
        foreach (var dependency in header.Dependencies)
        {
            if (!Plants.GateLeftOut && !IsApplied(dependency)) { Wait(dependency, id); return; }
        }

        foreach (var member in header.Members)
        {
            if (!vault.Membership.IsFolded(member)) { Wait(member, id); return; }
        }

        if (!vault.Membership.Counts(header.Device))
        {
            Finish(id, row, CommitState.Quarantined);
            return;
        }

        var content = vault.Blocks.Read(rows, id, row);
        if (content.Readiness != BlockReadiness.Ready)
        {
            Wait(content.Missing, id);
            // The object that stands for a block gates like the block (format-1 §3): nobody would send it if it were not asked for.
            if (content.MissingObject is { } reference) wanted.Check(reference, row.Log, row.Sequence);
            return;
        }

        if (content.HasUnknown || (header.Flags & ~CommitFlags.Atomic) != 0)
        {
            // Parked: held and forwarded, not applied, and nothing behind it in its log either. Flags count like kinds: what a newer
            // version means by one is not known here (format-1 §4).
            rows.SetCommit(id, row with { State = CommitState.Parked });
            return;
        }

        if (!Plants.GateLeftOut && FirstUnseen(content) is { } unseen) { Wait(unseen, id); return; }
        FoldAll(id, row, content);
        Finish(id, row, CommitState.Applied);
    }

    // A commit that replaces an operation which is not applied here named it without depending on it: an honest author cannot. It
    // waits like one that lacks a dep; folded in that order it would leave two replicas with different heads (docs/decisions/003).
    private CommitId? FirstUnseen(CommitContent content)
    {
        foreach (var decoded in content.Blocks.SelectMany(b => b))
        {
            if (decoded.Operation is not { Replaces.Count: > 0 } operation) continue;
            var state = rows.Item(vault.Keys.ItemTag(operation.Collection, operation.Key));
            foreach (var dot in operation.Replaces)
            {
                bool isHead = state is not null && state.Cells.Any(c => c.Find(dot) is not null);
                if (!isHead && !IsApplied(dot.Commit)) return dot.Commit;
            }
        }

        return null;
    }

    private void FoldAll(CommitId id, CommitRow row, CommitContent content)
    {
        for (int b = 0; b < content.Blocks.Count; b++)
        {
            for (int i = 0; i < content.Blocks[b].Count; i++)
            {
                if (content.Blocks[b][i].Operation is not { } operation) continue;
                var origin = new OperationOrigin(Dot.At(id, b, i), row.Timestamp, row.Device, row.Log, row.Sequence);
                FoldOne(operation, origin);
            }
        }
    }

    private void FoldOne(Operation operation, OperationOrigin origin)
    {
        var tag = vault.Keys.ItemTag(operation.Collection, operation.Key);
        var before = rows.Item(tag);
        var after = Folding.Apply(before, operation, origin);
        rows.SetItem(tag, after);
        bool wasAlive = before is not null && View.Of(before).Status == ItemStatus.Item;
        bool isAlive = View.Of(after).Status == ItemStatus.Item;
        state.Items += (isAlive ? 1 : 0) - (wasAlive ? 1 : 0);

        Span<byte> key = stackalloc byte[Id16.Size];
        tag.CopyTo(key);
        if (after.Cells.Any(c => c.IsOpen)) rows.Transaction.Put(IndexTables.Open, key, []);
        else if (before is not null && before.Cells.Any(c => c.IsOpen)) rows.Transaction.Delete(IndexTables.Open, key);

        if (operation.Replaces.Count >= 2)
        {
            // From the original operations in the log, never from the heads that happen to be here: equal for every order of delivery.
            foreach (var record in MergeRecords.Settled(operation, origin, vault.Operations(rows, operation.Replaces))) rows.SetRecord(record);
        }

        if (operation.Value?.Reference is { } reference) wanted.Check(reference, origin.Log, origin.Sequence);
        foreach (var cell in operation.Cells)
        {
            if (cell.Value?.Reference is { } cellReference) wanted.Check(cellReference, origin.Log, origin.Sequence);
        }
    }

    private void Finish(CommitId id, CommitRow row, CommitState outcome)
    {
        ulong order = state.NextOrder++;
        rows.SetCommit(id, row with { State = outcome, Order = order });
        rows.Transaction.Put(IndexTables.ApplyOrder, IndexTables.Number(order), id.ToArray());
        state.WaitingCommits--;
        if (outcome == CommitState.Applied)
        {
            state.Mentioned.Remove(row.Previous);
            state.Applied.Advance(row.Log, row.Previous, new(row.Sequence, id));
            foreach (var dependency in Commit.Decode(vault.Blocks.ReadRecord(row.Position)).Header.Dependencies) Mention(dependency);
        }

        Wake(id);
    }

    private void Mention(CommitId dependency)
    {
        if (rows.Commit(dependency) is { } row && state.Applied[row.Log].Any(t => t.Id == dependency)) state.Mentioned.Add(dependency);
    }

    // A dep that does not count must be held, not applied (format-1 §6): a quarantined one is through the gate.
    private bool IsApplied(CommitId id) => rows.Commit(id) is { State: CommitState.Applied or CommitState.Quarantined };

    private void Wait(Id32 what, CommitId id) => rows.Transaction.Put(IndexTables.Waiting, IndexTables.Pair(what, id), []);

    private void ObserveClock(CommitRow row)
    {
        var clock = new HybridClock(state.Clock);
        if (row.Device == vault.Keys.Device.Device) state.Clock = row.Timestamp.CompareTo(state.Clock) > 0 ? row.Timestamp : state.Clock;
        else
        {
            clock.Observe(row.Timestamp, vault.NowMilliseconds());
            state.Clock = clock.Last;
        }
    }
}
