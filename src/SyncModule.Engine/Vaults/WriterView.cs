using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Items as the writer of one group sees them: what it remembers, else the rows of the index. Their transaction begins with the first one
/// that is read, so whoever writes new items does without it. Under the writer's lock and the append lock.
/// </summary>
/// <param name="vault">Its keys, its log.</param>
/// <param name="index">Where rows are read.</param>
/// <param name="tail">What the writer remembers.</param>
/// <param name="catchUp">Brings the index level with what is durable.</param>
internal sealed class WriterView(VaultContext vault, Func<ILogIndex> index, WriterTail tail, Action catchUp) : IDisposable
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

    /// <summary>The value with its bytes. A version that was written just now stands in a commit that the index need not have yet.</summary>
    /// <inheritdoc cref="VaultContext.Attach"/>
    public ItemValue Attach(ItemValue value)
    {
        if (value.Source is { } source && !Rows.HasCommit(source.Commit))
        {
            Dispose();
            catchUp();
        }

        return vault.Attach(Rows, value);
    }

    public void Dispose()
    {
        _transaction?.Dispose();
        (_transaction, _rows) = (null, null);
    }

    private ITableTransaction Begin()
    {
        _transaction = index().Begin(write: false);
        if (Indexer.MarkOf(_transaction) is not { } mark || mark < tail.Covered) throw SyncErrors.IndexDamaged.With("The index is being made again");
        return _transaction;
    }
}
