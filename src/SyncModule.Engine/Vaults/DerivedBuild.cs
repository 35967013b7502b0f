using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Makes the content of a computed collection anew: <see cref="Add"/> for each item, then <see cref="Complete"/>, which puts it in the place of the old one in one
/// transaction. Disposed without that, after an error or a kill, the old content stands. One at a time in a folder; nothing is locked while whoever computes is
/// waited for, but who would make another content. Memory: <see cref="BytesAtOnce"/>. One thread at a time.
/// </summary>
public sealed class DerivedBuild : IDisposable
{
    private const int RowsAtOnce = 1024, BytesAtOnce = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly VaultContext _vault;
    private readonly Vault _owner;
    private readonly string _collection;
    private readonly VersionVector _from;
    private readonly IDisposable _lock;
    private readonly int _generation;
    private readonly RowBatch _batch;
    private readonly Dictionary<Id16, DerivedItem> _waiting = [];
    private long _waitingBytes, _items;
    private bool _completed, _disposed;

    internal DerivedBuild(Vault owner, VaultContext vault, string collection, VersionVector from)
    {
        (_owner, _vault, _collection, _from) = (owner, vault, collection, from);
        _lock = vault.Disk.Lock(VaultPaths.DerivedLock, Patience);
        try
        {
            _batch = new(vault.LocalSealer, LocalTables.Derived);
            vault.Derived.DropUnused();
            _generation = vault.Derived.NextGeneration();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>An item; of several with one name the last stands.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NameInvalid"/>, <see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public void Add(string key, ReadOnlyMemory<byte> bytes, Metadata? metadata = null)
    {
        ObjectDisposedException.ThrowIf(_disposed || _completed, this);
        var item = DerivedItem.Checked(key, metadata, bytes.ToArray());
        _waiting[_vault.Keys.LocalTag(_collection, item.Key)] = item;
        _waitingBytes += item.Bytes.Length + item.Key.Length;
        if (_waiting.Count >= RowsAtOnce || _waitingBytes >= BytesAtOnce) Flush();
    }

    /// <summary>The new content stands from here on, durably.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.CollectionNotDerived"/>: somebody has changed that meanwhile.</exception>
    public DerivedState Complete()
    {
        ObjectDisposedException.ThrowIf(_disposed || _completed, this);
        Flush();
        if (!_owner.PolicyOf(_collection).IsDerived) throw Vault.NotDerived(_collection);
        var head = new DerivedHead(_collection, _generation, _items, HybridTimestamp.FromMilliseconds(_vault.NowMilliseconds()), _from);
        byte[] key = _vault.Derived.HeadKey(_collection);
        using (var transaction = _vault.Local.Begin(write: true))
        {
            transaction.Put(LocalTables.DerivedHead, key, _vault.LocalSealer.Seal(LocalTables.DerivedHead, key, head.Encode()));
            transaction.Commit();
        }

        _completed = true;
        return _owner.DerivedOf(_collection)!;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            // Of the old content, or of this one where it was given up.
            _vault.Derived.DropUnused();
        }
        catch (SyncException)
        {
            // Who makes the next one does it.
        }

        _lock.Dispose();
    }

    private void Flush()
    {
        if (_waiting.Count == 0) return;
        using var transaction = _vault.Local.Begin(write: true);
        long added = 0;
        foreach (var (tag, item) in _waiting)
        {
            byte[] key = DerivedContent.RowKey(_generation, tag);
            if (!transaction.Contains(LocalTables.Derived, key)) added++;
            item.Write(_batch.Begin(key));
            if (_batch.IsFull) _batch.Seal(Put);
        }

        _batch.Seal(Put);
        transaction.Commit();
        _items += added;
        _waiting.Clear();
        _waitingBytes = 0;

        void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row) => transaction.Put(LocalTables.Derived, key, row);
    }
}
