using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The path that every commit takes after it is durable here, whether written locally, received, or read again in a rebuild
/// (format-1 §6): held → gate → does it count → fold → vectors. It runs inside one index transaction and touches nothing else.
/// </summary>
internal sealed class CommitFolder(VaultContext vault, RowAccess rows, IndexState state, WantedObjects wanted, LateDecisions late, Indexer indexer)
{
    private const int MostRemembered = 4096;

    private readonly Queue<CommitId> _ready = new();
    private readonly CheckpointAdoption _adoption = new(vault, rows, state, wanted, late);

    // What came in this step and is not through the gate yet: it need not be read from the log again.
    private readonly Dictionary<CommitId, ArrivingCommit> _arriving = [];
    private bool? _anyWaits;

    // Through the gate, which is for ever: operations of one commit name few others, many times.
    private readonly HashSet<CommitId> _applied = [];

    /// <summary>Takes notice of a commit that is durable in the log. A known one is dropped.</summary>
    public void Add(ArrivingCommit arriving)
    {
        var (commit, row) = (arriving.Commit, arriving.Row);
        if (rows.HasCommit(commit.Id))
        {
            if (arriving.IsPruned) NoteLacking(commit.Id);
            else Complete(arriving);
            return;
        }

        rows.SetCommit(commit.Id, row with { State = CommitState.Loose });
        _arriving[commit.Id] = arriving;
        rows.Transaction.Put(IndexTables.LogOrder, IndexTables.LogKey(row.Log, row.Sequence, commit.Id), []);
        state.Commits++;
        state.WaitingCommits++;
        ObserveClock(row);
        if (arriving.IsPruned) _adoption.NotePruned(commit.Id);
        else if (arriving.Content is { } content) _adoption.NoteCandidate(commit.Id, content);
        else if (arriving.Rows is null && row.Lane == Lane.Data) WantBlocks(commit.Id, row, commit.Header);
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
            DrainCovered();
            Drain();
        }
    }

    // What the snapshot stands for first: a commit of another branch of one of its logs is folded as such, behind a vector that has what the states have.
    private void DrainCovered()
    {
        var others = new List<CommitId>();
        while (_ready.TryDequeue(out var id))
        {
            if (rows.Commit(id) is { } row && _adoption.Covers(id, row)) Step(id);
            else others.Add(id);
        }

        foreach (var id in others) _ready.Enqueue(id);
    }

    // What lies here without its blocks has come with them.
    private void Complete(ArrivingCommit arriving)
    {
        var (commit, row) = (arriving.Commit, arriving.Row);
        if (rows.Commit(commit.Id) is not { State: CommitState.Loose, Blocks.Count: 0 } || row.Blocks.Count == 0) return;
        _adoption.NoteWhole(commit.Id);
        rows.SetCommit(commit.Id, row with { State = CommitState.Loose });
        _arriving[commit.Id] = arriving;
        _ready.Enqueue(commit.Id);
        Drain();
    }

    /// <summary>Something that commits waited for is here now: a commit, an epoch or a block object.</summary>
    public void Wake(Id32 arrived)
    {
        if (!AnyWaits) return;
        foreach (var id in rows.WaitingFor(arrived))
        {
            rows.Transaction.Delete(IndexTables.Waiting, IndexTables.Pair(arrived, id));
            _ready.Enqueue(id);
        }
    }

    // Nearly always nothing waits at all: one look a step instead of one a commit.
    private bool AnyWaits => _anyWaits ??= rows.Transaction.Scan(IndexTables.Waiting).Any();

    public void Drain()
    {
        while (_ready.TryDequeue(out var id)) Step(id);
    }

    private void Step(CommitId id)
    {
        var row = rows.Commit(id)!;
        if (row.State == CommitState.Loose && !TryHold(id, ref row)) return;
        if (row.State != CommitState.Waiting) return;
        if (row.Lane == Lane.Membership) AddMembership(id, row);
        else TryApply(id, row);
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

    // Objects that stand for blocks gate like blocks (format-1 §3) and are asked for at once, not when the commit's turn has come: it may be the checkpoint
    // that those wait for on which it depends.
    private void WantBlocks(CommitId id, CommitRow row, CommitHeader header)
    {
        if (!header.Blocks.Any(BlockReader.MayRefer) || !vault.Membership.Counts(row.Device) || _adoption.Covers(id, row)) return;
        var references = vault.Blocks.ReferencesIn(row, header);
        if (references.Count > 0) _adoption.NoteSealed(id);
        foreach (var reference in references) wanted.Check(reference, row.Log, row.Sequence);
    }

    // It lies here with its blocks, and a record behind it says that there are none for it: an object in which one stands is nowhere to be had. Then only a
    // checkpoint can stand for it, as for one that came without its blocks.
    private void NoteLacking(CommitId id)
    {
        if (rows.Commit(id) is not { State: CommitState.Waiting } row || vault.Blocks.ReferencesIn(row).All(r => rows.HasObject(r.Address))) return;
        _adoption.NotePruned(id);
        _anyWaits = true;
        _ready.Enqueue(id);
        Drain();
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
            Finish(id, WithoutMissing(row, header), header, CommitState.Applied); // what it did stands in the snapshot
            return;
        }

        if (arriving?.Rows is { } made && arriving.Stamp == indexer.Foreign)
        {
            new CommitFold(vault, rows, state, wanted, late, arriving).Take(row, made);
            Finish(id, row, header, CommitState.Applied);
            return;
        }

        // Before anything long is opened: of many objects each may arrive by itself.
        if (!Plants.BlockObjectNotAwaited && arriving?.Content is null && MissingBlock(row, header) is { } missing)
        {
            Wait(missing.Address, id);
            wanted.Check(missing, row.Log, row.Sequence);
            return;
        }

        var content = arriving?.Content ?? vault.Blocks.Open(rows, row);
        if (content.Readiness != BlockReadiness.Ready && !(Plants.BlockObjectNotAwaited && content.Readiness == BlockReadiness.ObjectMissing))
        {
            Wait(content.Missing, id); // an epoch, or an object that is here and damaged
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

        var fold = new CommitFold(vault, rows, state, wanted, late, arriving);
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

        if (AnyWaits && header.Blocks.Any(BlockReader.MayRefer)) _adoption.NoteWhole(id);
        Wake(id);
    }

    private ObjectReference? MissingBlock(CommitRow row, CommitHeader header)
    {
        if (!header.Blocks.Any(BlockReader.MayRefer)) return null;
        foreach (var reference in vault.Blocks.ReferencesIn(row, header))
        {
            if (!rows.HasObject(reference.Address)) return reference;
        }

        return null;
    }

    // As it would be if it had come without its blocks. An object that everybody has swept would be asked for for ever.
    private CommitRow WithoutMissing(CommitRow row, CommitHeader header)
    {
        if (row.Blocks.Count < header.Blocks.Count || !header.Blocks.Any(BlockReader.MayRefer)) return row;
        var references = vault.Blocks.ReferencesIn(row, header);
        if (references.All(r => rows.HasObject(r.Address))) return row;
        rows.TakeWanted([.. references.Select(r => (r.Address, default(ObjectLocation)))]);
        return row with { Blocks = [] };
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
