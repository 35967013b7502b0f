using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Keeps the index behind the log: replays the groups behind the mark in large transactions, marks and rows together
/// (format-1 §12). Every change of the index comes through here, so an index that was thrown away is made again by the same code.
/// Under the vault's index lock, but for what says otherwise.
/// </summary>
internal sealed class Indexer(VaultContext vault, Func<ILogIndex> index)
{
    /// <summary>Rows per transaction: each touches nearly every page of a table in the order of MACs, so few large ones are several times faster. They take some 200 bytes a row.</summary>
    private const int RowsPerTransaction = 250_000;

    private static readonly byte[] StateKey = "state"u8.ToArray();
    private static readonly byte[] CookieKey = "cookie"u8.ToArray();

    private long _foreign;
    private volatile SeenItems? _seen;

    /// <summary>As of the last transaction of this process; another process may have moved on.</summary>
    public IndexState State { get; private set; } = new();

    /// <summary>Own groups that are durable and not in the index yet. Any thread.</summary>
    public PendingCommits Pending { get; } = new();

    /// <summary>
    /// Grows whenever the index changed by anything else than the pending groups: what their writer knew about items may then be old.
    /// Any thread.
    /// </summary>
    public long Foreign => Interlocked.Read(ref _foreign);

    /// <summary>Brings the index to the durable end of the log. Groups that are in the file but not synced yet are synced first: nothing unsynced is ever shown.</summary>
    public void CatchUp()
    {
        var end = vault.Log.CurrentEnd();
        if (!IsStale(end)) return;
        if (!Plants.SentBeforeSync) vault.Log.EnsureSynced(end);
        StepTo(end);
    }

    /// <summary>Takes what is pending into the index, as far as one transaction goes; does not look for what others wrote.</summary>
    public void ApplyPending()
    {
        if (Pending.End is not { } end) return;
        if (end <= State.Mark)
        {
            Pending.Trim(State.Mark); // another process was faster
            return;
        }

        using var feed = new LogFeed(vault, end);
        Step(end, feed);
    }

    /// <summary>
    /// Proof that items were never written; null where there is none. Any thread: whoever uses it asks <see cref="SeenItems.IsClosed"/>
    /// after it has learned how far the index has come.
    /// </summary>
    public SeenItems? Seen => _seen;

    /// <summary>The mark of the index that a transaction reads; null when it has no state.</summary>
    public static LogMark? MarkOf(ITableTransaction transaction) => transaction.Get(IndexTables.Meta, StateKey) is { } row ? IndexState.PeekMark(row) : null;

    /// <summary>Loads the state and says whether the index belongs to this folder and log at all.</summary>
    public bool Fits(string cookie)
    {
        using var transaction = index().Begin(write: false);
        byte[]? stored = transaction.Get(IndexTables.Meta, CookieKey);
        if (stored is null || !stored.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(cookie))) return false;
        if (transaction.Get(IndexTables.Meta, StateKey) is not { } row) return false;
        IndexState state;
        try
        {
            state = IndexState.Decode(row);
        }
        catch (VaultFormatException)
        {
            return false;
        }

        if (!vault.Log.Fits(state.Mark)) return false;
        ForgetSeen();
        LoadMembership(transaction);
        State = state;
        vault.PublishMembership();
        return true;
    }

    /// <summary>How far an index of this folder had come that does not fit the log any more; null when it says nothing that can be believed.</summary>
    public LogMark? TrustedMark(string cookie)
    {
        try
        {
            using var transaction = index().Begin(write: false);
            byte[]? stored = transaction.Get(IndexTables.Meta, CookieKey);
            if (stored is null || !stored.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(cookie))) return null;
            return transaction.Get(IndexTables.Meta, StateKey) is { } row ? IndexState.Decode(row).Mark : null;
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.IndexDamaged))
        {
            return null;
        }
    }

    /// <summary>Throws the index away and makes it again from log and packs: membership first, because whether a commit counts depends on the whole lane.</summary>
    public void Rebuild(string cookie)
    {
        ForgetSeen();
        index().Reset();
        // Never a version that the old index had: what this or another process remembers of that one would seem to be of this one.
        State = new() { Version = RandomVersion() };
        Interlocked.Increment(ref _foreign);
        vault.Membership = vault.Membership.Empty();
        vault.Blocks.Forget();
        using (var transaction = index().Begin(write: true))
        {
            Work(transaction, step =>
            {
                var reader = new GroupReader(vault);
                foreach (var group in vault.Log.WalkGroups(LogMark.Start)) AddGroup(reader.Membership(group), step);
                transaction.Put(IndexTables.Meta, CookieKey, System.Text.Encoding.UTF8.GetBytes(cookie));
                return 0;
            });
        }

        // The pass over membership left the mark at the start: everything else is read now.
        var end = vault.Log.CurrentEnd();
        vault.Log.EnsureSynced(end);
        ScanPacks();
        StepTo(end);
    }

    /// <summary>Commits that this process did not write just now were folded.</summary>
    internal void NoteForeign() => Interlocked.Increment(ref _foreign);

    // First of all, before any row is written that it would not know of.
    private void ForgetSeen()
    {
        _seen?.Close();
        _seen = null;
    }

    /// <summary>
    /// The index cannot take what is pending: it is left to the log, so that memory stays bounded. Who writes next brings the index level
    /// first, and is told why it cannot be.
    /// </summary>
    public void ForgetPending()
    {
        Pending.Clear();
        NoteForeign();
    }

    private ulong RandomVersion()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        vault.Random.Fill(bytes);
        return BitConverter.ToUInt64(bytes) >> 2;
    }

    /// <summary>Runs a change of object or dedup rows in a transaction of its own, on the newest state.</summary>
    public T Change<T>(Func<IndexStep, T> change)
    {
        using var transaction = index().Begin(write: true);
        Reload(transaction);
        return Work(transaction, step =>
        {
            T result = change(step);
            step.Folder.Drain();
            step.Folder.Adopt();
            return result;
        });
    }

    /// <summary>Reads in one transaction.</summary>
    public T Read<T>(Func<RowAccess, T> read)
    {
        using var transaction = index().Begin(write: false);
        return read(new RowAccess(transaction, vault.IndexSealer));
    }

    /// <summary>Takes objects into the index that are durable in packs but were written by another process or before a crash. True when any was new.</summary>
    public bool ScanPacks() => Change(step => step.ScanPacks());

    private bool IsStale(LogMark end)
    {
        if (State.Mark != end) return true;
        return index().Get(IndexTables.Meta, StateKey) is not { } row || IndexState.PeekVersion(row) != State.Version;
    }

    private void StepTo(LogMark end)
    {
        using var feed = new LogFeed(vault, end);
        while (!Step(end, feed)) { }
    }

    // One transaction; true when the end was reached.
    private bool Step(LogMark end, LogFeed feed)
    {
        bool done;
        using (var transaction = index().Begin(write: true))
        {
            Reload(transaction);
            done = Work(transaction, step =>
            {
                step.Rows.Expect(Math.Min(Pending.From(State.Mark).Sum(g => g.Operations), RowsPerTransaction));
                foreach (var group in GroupsFrom(State.Mark, end, feed))
                {
                    AddGroup(group, step);
                    State.Mark = group.End;
                    if (step.Rows.Pending >= RowsPerTransaction) return false;
                }

                return true;
            });
        }

        Pending.Trim(State.Mark);
        return done;
    }

    // From memory where this process wrote them, else from the log.
    private IEnumerable<ArrivingGroup> GroupsFrom(LogMark mark, LogMark end, LogFeed feed)
    {
        while (mark < end)
        {
            var from = mark;
            foreach (var group in Pending.From(mark))
            {
                if (group.End > end) yield break;
                yield return group;
                mark = group.End;
            }

            while (mark < end && !Pending.Has(mark) && feed.Peek(mark) is { } read)
            {
                if (read.End > end) yield break;
                feed.Take();
                yield return read;
                mark = read.End;
            }

            if (mark == from) yield break;
        }
    }

    private void AddGroup(ArrivingGroup group, IndexStep step)
    {
        step.Arrived(group.Objects);
        foreach (var commit in group.Commits) step.Folder.Add(commit);
        step.Folder.Drain();
        step.Folder.Adopt();
    }

    // Another process may have moved the index since: what this process remembers is worth nothing then.
    private void Reload(ITableTransaction transaction)
    {
        byte[] row = transaction.Get(IndexTables.Meta, StateKey) ?? throw SyncErrors.IndexDamaged.With("Another process is making the index again");
        if (IndexState.PeekVersion(row) == State.Version) return;
        Interlocked.Increment(ref _foreign);
        ForgetSeen();
        var state = IndexState.Decode(row);
        LoadMembership(transaction); // first: if the log cannot be read now, the next use loads both
        State = state;
    }

    private void LoadMembership(ITableTransaction transaction)
    {
        var lane = vault.Membership.Empty();
        foreach (var (_, id) in transaction.Scan(IndexTables.Membership))
        {
            var row = CommitRow.Decode(transaction.Get(IndexTables.Commit, id) ?? throw SyncErrors.IndexDamaged.With("A membership commit has no row"));
            var bundle = Membership(id, row);
            var commit = Commit.Decode(bundle.Record);
            lane.Add(commit, vault.Blocks.OpenMembership(commit.Header, bundle.Blocks[0]));
        }

        vault.Membership = lane;
    }

    // A row that has rotted leads to another place of the log, or to none: who is a member is not taken from there, and the log is read anew.
    private CommitBundle Membership(byte[] id, CommitRow row)
    {
        try
        {
            if (id.Length == Id32.Size && vault.Blocks.ReadBundle(new CommitId(id), row) is { Blocks.Count: > 0 } bundle) return bundle;
        }
        catch (SyncException e) when (e.Kind == SyncErrors.LogDamaged)
        {
            throw SyncErrors.IndexDamaged.With("A membership commit does not stand where the index says", e);
        }

        throw SyncErrors.IndexDamaged.With("A membership commit's row is none");
    }

    private T Work<T>(ITableTransaction transaction, Func<IndexStep, T> work)
    {
        try
        {
            if (_seen is null && State.Items == 0 && !transaction.Scan(IndexTables.Item).Any()) _seen = new();
            var step = new IndexStep(vault, transaction, State, this);
            T result = work(step);
            step.Late.Settle();
            step.Rows.Flush(vault.MayUseThreads);
            State.Version++;
            transaction.Put(IndexTables.Meta, StateKey, State.Encode());
            transaction.Commit();
            vault.PublishMembership();
            return result;
        }
        catch
        {
            // Nothing was committed: what this process believes is ahead of the index. Version 0 makes the next use load it again.
            State = Plants.IndexKeptAfterFailure ? State : new();
            ForgetSeen();
            Interlocked.Increment(ref _foreign);
            throw;
        }
    }
}
