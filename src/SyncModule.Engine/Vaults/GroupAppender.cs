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
/// fdatasync, checked → unlock → (callers complete) → index. After a failed write or sync nothing is signed by this process any
/// more until new logs are durable. One thread at a time (the vault's writer lock).
/// </summary>
internal sealed class GroupAppender(VaultContext vault)
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(60);

    private SyncException? _poison;

    /// <summary>Runs <paramref name="write"/> under the append lock. What it wrote is durable when this returns; the index follows by <see cref="Indexer.CatchUp"/>.</summary>
    public void Append(Action<AppendSession> write)
    {
        if (_poison is not null) throw _poison;
        try
        {
            using var session = vault.Log.AcquireAppend(LockTimeout);
            vault.OwnLogs.Refresh();
            if (session.NewLogsNeeded) vault.OwnLogs.StartNew();
            write(session);
            if (!Plants.SyncSkipped) session.Sync();
        }
        catch (DiskException e)
        {
            throw Poison(e);
        }
    }

    // New logs first: if they cannot be made durable, this process stays read-only. Whoever opens the folder next reads the log's
    // real end and goes on from there.
    private SyncException Poison(DiskException e)
    {
        var error = e.ToSyncException();
        try
        {
            vault.OwnLogs.StartNew();
        }
        catch (Exception second) when (second is SyncException or DiskException)
        {
            _poison = error;
        }

        if (e.Failure is not DiskFailure.Full) _poison = error;
        return error;
    }
}
