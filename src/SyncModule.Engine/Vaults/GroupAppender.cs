using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What an append sees and does while it holds the lock and the index is level with the log's end.</summary>
internal sealed class AppendStep(RowAccess rows, IndexState state, Action<LogGroupBuilder> write)
{
    /// <summary>The index, level with the log's end.</summary>
    public RowAccess Rows { get; } = rows;

    public IndexState State { get; } = state;

    /// <summary>Writes one group.</summary>
    public void Write(LogGroupBuilder group) => write(group);
}

/// <summary>
/// The append of format-1 §12, for own and received commits alike: lock → read the log to its end → build → one write a group →
/// fdatasync, checked → unlock → (callers complete) → index. After a failed write nothing is signed until new logs are durable; after
/// a failed flush by this process nothing at all (<see cref="FlushLatch"/>). One thread at a time (the vault's writer lock).
/// </summary>
internal sealed class GroupAppender(VaultContext vault)
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(60);

    private bool _newLogsOwed;

    /// <summary>Runs <paramref name="write"/> under the append lock. What it wrote is durable when this returns; the index follows by <see cref="Indexer.CatchUp"/>.</summary>
    public void Append(Action<AppendSession> write)
    {
        vault.Flushes.ThrowIfClosed();
        try
        {
            using var session = vault.Log.AcquireAppend(LockTimeout);
            vault.OwnLogs.Refresh();
            if (session.NewLogsNeeded || _newLogsOwed) StartNewLogs();
            write(session);
            if (!Plants.SyncSkipped) session.Sync();
        }
        catch (DiskException e)
        {
            throw Refuse(e);
        }
    }

    // Whoever opens the folder next reads the log's real end and goes on from there; the new logs are for a group that was cut off and
    // comes back from the disk or from a peer.
    private SyncException Refuse(DiskException e)
    {
        _newLogsOwed = true;
        try
        {
            StartNewLogs();
        }
        catch (Exception second) when (second is SyncException or DiskException)
        {
            // Owed until they are durable.
        }

        return e.ToSyncException();
    }

    private void StartNewLogs()
    {
        vault.OwnLogs.StartNew();
        _newLogsOwed = false;
    }
}
