using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Items as the writer of one group sees them: what it remembers, else the rows of the index. Their transaction begins with the first one
/// that is read, so whoever writes new items does without it. Under the writer's lock and the append lock.
/// </summary>
internal sealed class WriterView(VaultContext vault, Func<ILogIndex> index, WriterTail tail) : IDisposable
{
    private ITableTransaction? _transaction;
    private RowAccess? _rows;

    /// <summary>The index as of <see cref="WriterTail.Covered"/> or later.</summary>
    /// <exception cref="SyncException">IndexDamaged: it was thrown away meanwhile and is being made again.</exception>
    public RowAccess Rows => _rows ??= new RowAccess(Begin(), vault.IndexSealer);

    /// <summary>The state of an item; null when it was never written.</summary>
    public KeyState? Item(Id16 tag)
    {
        if (tail.TryItem(tag, out var state)) return state;

        // What the index has taken over was forgotten by the tail before this, and an open proof knows of all of it (SeenItems).
        if (tail.Seen is { IsClosed: false } seen && !seen.MayHold(tag) && !seen.IsClosed) return null;
        return Rows.Item(tag);
    }

    public void Dispose() => _transaction?.Dispose();

    private ITableTransaction Begin()
    {
        _transaction = index().Begin(write: false);
        if (Indexer.MarkOf(_transaction) is not { } mark || mark < tail.Covered) throw SyncErrors.IndexDamaged.With("The index is being made again");
        return _transaction;
    }
}
