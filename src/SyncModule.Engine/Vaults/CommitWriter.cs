using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Writes this device's data commits (format-1 §12): under the append lock from what it remembers of the log's end, or from the index
/// where somebody else has written since; one write a group and one sync for all of them; then the index is told, which follows when
/// it likes. One thread at a time (the vault's writer lock). Lock order: writer → append lock → index.
/// </summary>
internal sealed class CommitWriter(VaultContext vault, Indexer indexer, GroupAppender appender, Func<ILogIndex> index, object indexLock)
{
    private readonly WriteBuffers _buffers = new();
    private WriterTail? _tail;

    /// <summary>What was written last.</summary>
    public RecentCommits Recent { get; } = new(vault.Blocks.ReadBundle);

    /// <summary>All jobs are durable when this returns, or none of them is.</summary>
    public IReadOnlyList<CommitResult> Write(IReadOnlyList<CommitJob> jobs)
    {
        CommitBuilder? built = null;
        var written = new List<ArrivingGroup>();
        LogMark end = default;
        try
        {
            appender.Append(session =>
            {
                written.Clear();
                built = Build(session, jobs);
                foreach (var group in built.Groups)
                {
                    var start = session.End;
                    var positions = session.Append(group.Records);
                    written.Add(group.Placed(start, session.End, positions, _tail!.Stamp));
                }

                end = session.End;
            });
        }
        catch
        {
            // What was signed is not durable, or nobody knows: the next one looks at the log itself.
            _tail = null;
            throw;
        }

        for (int i = 0; i < built!.Groups.Count; i++)
        {
            if (written.Count > 0) Recent.Add(built.Groups[i], written[i]);
            _buffers.Return(built.Groups[i].Records);
        }

        if (written.Count == 0) return built.Results;
        _tail!.Advance(built, end);
        foreach (var group in written) indexer.Pending.Add(group);
        return built.Results;
    }

    // Everything is built before anything is written: what fails here leaves nothing behind, and may be tried again.
    private CommitBuilder Build(AppendSession session, IReadOnlyList<CommitJob> jobs)
    {
        var tail = TailAt(session.End);
        tail.Forget(indexer.Pending.Indexed);
        var transaction = index().Begin(write: false);
        try
        {
            if (Indexer.MarkOf(transaction) is not { } mark || mark < tail.Covered)
            {
                // The index was thrown away meanwhile and is being made again.
                transaction.Dispose();
                tail = Refresh(session.End);
                transaction = index().Begin(write: false);
            }

            var builder = new CommitBuilder(vault, new RowAccess(transaction, vault.IndexSealer), tail, _buffers);
            foreach (var job in jobs) builder.Add(job);
            builder.Finish();
            return builder;
        }
        finally
        {
            transaction.Dispose();
        }
    }

    private WriterTail TailAt(LogMark end)
    {
        bool known = _tail is { } tail && tail.End == end && tail.Log == vault.OwnLogs.Data && tail.Stamp == indexer.Foreign;
        return known && !Plants.NumberFromIndex ? _tail! : Refresh(end);
    }

    private WriterTail Refresh(LogMark end)
    {
        lock (indexLock)
        {
            if (!Plants.NumberFromIndex) indexer.CatchUp();
            vault.Membership.CheckMayWrite(vault.Keys.Device.Device);
            return _tail = new WriterTail(vault, indexer.State, end, indexer.Foreign);
        }
    }
}
