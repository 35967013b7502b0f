using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The path that every commit takes after it is durable here, whether written locally, received, or read again in a rebuild
/// (format-1 §6): held → gate → does it count → fold → vectors. It runs inside one index transaction and touches nothing else.
/// </summary>
internal sealed class CommitFolder(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted, Indexer indexer)
{
    private const int MostRemembered = 4096;

    private readonly Queue<CommitId> _ready = new();
    private readonly CheckpointAdoption _adoption = new(vault, rows, state, wanted);

    // What came in this step and is not through the gate yet: it need not be read from the log again.
    private readonly Dictionary<CommitId, ArrivingCommit> _arriving = [];
    private bool? _anyWaits;

    // Through the gate, which is for ever: operations of one commit name few others, many times.
    private readonly HashSet<CommitId> _applied = [];

    /// <summary>Takes notice of a commit that is durable in the log. A known one is dropped.</summary>
    public void Add(ArrivingCommit arriving)
    {
        var (commit, row) = (arriving.Commit, arriving.Row);
        if (rows.HasCommit(commit.Id) && !Completes(arriving)) return;
        rows.SetCommit(commit.Id, row with { State = CommitState.Loose });
        _arriving[commit.Id] = arriving;
        rows.Transaction.Put(IndexTables.LogOrder, IndexTables.LogKey(row.Log, row.Sequence, commit.Id), []);
        state.Commits++;
        state.WaitingCommits++;
        ObserveClock(row);
        if (arriving.IsPruned) _adoption.NotePruned(commit.Id);
        else if (arriving.Content is { } content) _adoption.NoteCandidate(commit.Id, content);
        _ready.Enqueue(commit.Id);
        Drain();
    }

    /// <summary>Commits that came without their blocks are looked at once a checkpoint stands for them.</summary>
    public void Adopt()
    {
        while (_adoption.TryAdopt())
        {
            indexer.NoteForeign();
            _anyWaits = true;
            Wake(CheckpointRows.Pruned);
            Drain();
        }
    }

    // What lies here without its blocks has come with them.
    private bool Completes(ArrivingCommit arriving)
    {
        var (commit, row) = (arriving.Commit, arriving.Row);
        if (arriving.IsPruned || rows.Commit(commit.Id) is not { State: CommitState.Loose, Blocks.Count: 0 } || row.Blocks.Count == 0) return false;
        _adoption.NoteWhole(commit.Id);
        rows.SetCommit(commit.Id, row with { State = CommitState.Loose });
        _arriving[commit.Id] = arriving;
        _ready.Enqueue(commit.Id);
        Drain();
        return false;
    }

    /// <summary>Something that commits waited for is here now: a commit, an epoch or a block object.</summary>
    public void Wake(Id32 arrived)
    {
        // Nearly always nothing waits at all: one look a step instead of one a commit.
        if (!(_anyWaits ??= rows.Transaction.Scan(IndexTables.Waiting).Any())) return;
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

        // Pruned: held only where a checkpoint stands for it.
        if (row.Blocks.Count == 0 && !_adoption.Covers(id, row) && IsPruned(id, row)) { _adoption.NotePruned(id); _arriving.Remove(id); return false; }

        row = row with { State = CommitState.Waiting };
        rows.SetCommit(id, row);
        (row.Lane == Lane.Data ? state.Held : state.Members).Advance(row.Log, row.Previous, new(row.Sequence, id));
        Wake(id);
        return true;
    }

    private void AddMembership(CommitId id, CommitRow row)
    {
        var commit = CommitOf(id, row);
        rows.Transaction.Put(IndexTables.Membership, IndexTables.Number(state.NextOrder), id.ToArray());
        rows.SetCommit(id, row with { State = CommitState.Applied, Order = state.NextOrder++ });
        _arriving.Remove(id);
        state.WaitingCommits--;
        vault.Membership.Add(commit, vault.Blocks.OpenMembership(commit.Header, vault.Blocks.ReadRecord(row.Blocks[0])));
        Wake(id);
    }

    // The gate (format-1 §6): prev and deps applied, members folded, epoch keys here, kinds known. What is missing first is what
    // the commit waits for; it is asked again when that arrives.
    private void TryApply(CommitId id, CommitRow row)
    {
        var header = CommitOf(id, row).Header;
        if (!row.Previous.IsZero && !IsApplied(row.Previous)) { Wait(row.Previous, id); return; }
        foreach (var dependency in header.Dependencies)
        {
            if (!Plants.GateLeftOut && !IsApplied(dependency)) { Wait(dependency, id); return; }
        }

        foreach (var member in header.Members)
        {
            if (!vault.Membership.IsFolded(member)) { Wait(vault.Membership.MissingBelow(member), id); return; }
        }

        if (!vault.Membership.Counts(header.Device))
        {
            Finish(id, row, header, CommitState.Quarantined);
            return;
        }

        var arriving = _arriving.GetValueOrDefault(id);
        if (_adoption.Covers(id, row))
        {
            Finish(id, row, header, CommitState.Applied); // what it did stands in the snapshot
            return;
        }

        if (arriving?.Rows is { } made && arriving.Stamp == indexer.Foreign)
        {
            new CommitFold(vault, rows, state, wanted, arriving).Take(row, made);
            Finish(id, row, header, CommitState.Applied);
            return;
        }

        var content = arriving?.Content ?? vault.Blocks.Open(rows, row);
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
            _arriving.Remove(id);
            return;
        }

        var fold = new CommitFold(vault, rows, state, wanted, arriving);
        if (!Plants.GateLeftOut && fold.FirstUnseen(content, IsApplied) is { } unseen) { Wait(unseen, id); return; }

        // What somebody else wrote may touch any item that own groups touch which are pending.
        if (arriving?.Rows is null) indexer.NoteForeign();
        fold.All(id, row, content, (header.Flags & CommitFlags.Atomic) != 0);
        Finish(id, row, header, CommitState.Applied);
    }

    private void Finish(CommitId id, CommitRow row, CommitHeader header, CommitState outcome)
    {
        ulong order = state.NextOrder++;
        rows.SetCommit(id, row with { State = outcome, Order = order });
        rows.Transaction.Put(IndexTables.ApplyOrder, IndexTables.Number(order), id.ToArray());
        _arriving.Remove(id);
        state.WaitingCommits--;
        if (outcome == CommitState.Applied)
        {
            state.Mentioned.Remove(row.Previous);
            state.Applied.Advance(row.Log, row.Previous, new(row.Sequence, id));
            foreach (var dependency in header.Dependencies) Mention(dependency);
        }

        Wake(id);
    }

    private void Mention(CommitId dependency)
    {
        if (rows.Commit(dependency) is { } row && state.Applied[row.Log].Any(t => t.Id == dependency)) state.Mentioned.Add(dependency);
    }

    private bool IsPruned(CommitId id, CommitRow row) => CommitOf(id, row).Header.Blocks.Count > 0;

    private Commit CommitOf(CommitId id, CommitRow row) => _arriving.TryGetValue(id, out var arriving) ? arriving.Commit : Commit.Decode(vault.Blocks.ReadRecord(row.Position));

    // A dep that does not count must be held, not applied (format-1 §6): a quarantined one is through the gate.
    private bool IsApplied(CommitId id)
    {
        if (_applied.Contains(id)) return true;
        if (rows.Commit(id) is not { State: CommitState.Applied or CommitState.Quarantined }) return false;
        if (_applied.Count == MostRemembered) _applied.Clear();
        return _applied.Add(id);
    }

    private void Wait(Id32 what, CommitId id)
    {
        rows.Transaction.Put(IndexTables.Waiting, IndexTables.Pair(what, id), []);
        _anyWaits = true;
        _arriving.Remove(id);
    }

    private void ObserveClock(CommitRow row)
    {
        if (row.Device == vault.Keys.Device.Device) state.Clock = row.Timestamp.CompareTo(state.Clock) > 0 ? row.Timestamp : state.Clock;
        else
        {
            var clock = new HybridClock(state.Clock);
            clock.Observe(row.Timestamp, vault.NowMilliseconds());
            state.Clock = clock.Last;
        }
    }
}
