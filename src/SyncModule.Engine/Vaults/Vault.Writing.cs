using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Vaults;

/// <summary>Writing: commits of this device, commits and objects of others.</summary>
public sealed partial class Vault
{
    private CommitReceiver? _receiver;

    /// <summary>Bytes of commits of one log that may wait; smaller in tests. Set before the first receive.</summary>
    internal long MostWaitingBytes { get; set; } = WaitingBytes.MostWaiting;

    /// <summary>Plain bytes of operations that stand beside their commit, the others in objects; smaller in tests. Set before the first commit.</summary>
    internal long MostInlineBytes
    {
        get => _context.MostInlineBytes;
        set => _context.MostInlineBytes = value;
    }

    /// <summary>
    /// Writes jobs at once: durable when this returns, or nothing of it is. Jobs that are not atomic may share commits, also with those of
    /// other threads that write at this moment. The index follows by itself, at the latest on the next read. Not from within an intent or a
    /// handler of <see cref="Changed"/>: these run while the group is written, and would wait for themselves.
    /// </summary>
    public IReadOnlyList<CommitResult> Commit(IReadOnlyList<CommitJob> jobs) => _queue.Commit(PreparedJob.Of(jobs, Keys));

    /// <summary>The same without waiting for the disk.</summary>
    public Task<IReadOnlyList<CommitResult>> CommitAsync(IReadOnlyList<CommitJob> jobs) => _queue.CommitAsync(PreparedJob.Of(jobs, Keys));

    /// <summary>Brings the index level with the log; reads do it by themselves.</summary>
    public void UpdateIndex()
    {
        lock (_sync) CatchUp();
    }

    /// <summary>Stores one value: objects first, then the commit that names them.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ItemExists"/>, <see cref="SyncErrors.ConflictWaits"/>: the policy, unless <paramref name="overwrite"/>.</exception>
    public CommitResult Put(string collection, string key, Stream source, Metadata? metadata = null, bool overwrite = false)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        using var sink = NewSink();
        var (value, content) = new ValueWriter(_context, sink).Write(source);
        sink.Complete();
        var job = new CommitJob([new(c, k, state => Writes.Put(state, c, k, value, metadata: metadata, content: content)) { Overwrites = overwrite }], sink.SmallObjects);
        var result = Commit([job])[0];
        sink.Remember();
        return result;
    }

    /// <summary>
    /// Stores many values at once, for one sync of the disk: all are durable when this returns, or none. They may share a commit with others
    /// and be spread over several; a peer may see the first ones before the last. A key that comes twice is written twice, in this order.
    /// </summary>
    /// <returns>The dot of each value, in their order.</returns>
    public CommitResult PutMany(string collection, IReadOnlyList<PutValue> values)
    {
        string c = ItemName.Check(collection);
        using var sink = NewSink();
        var intents = new PutMaker(_context, sink).Make(c, values);
        sink.Complete();
        var result = Commit([new(intents, sink.SmallObjects)])[0];
        sink.Remember();
        return result;
    }

    /// <summary>Deletes items that are there; gives for each name whether there was one to delete.</summary>
    public IReadOnlyList<bool> Delete(string collection, IReadOnlyList<string> keys)
    {
        string c = ItemName.Check(collection);
        var intents = keys.Select(ItemName.Check).Distinct(StringComparer.Ordinal).Select(k => new ItemIntent(c, k, DeleteIfThere)).ToList();
        var deleted = new HashSet<string>(StringComparer.Ordinal);
        // Nearly always no item has any.
        LocalChange[] local = Fields.IsEmpty() ? [] : [.. intents.Select(i => LocalChange.Forget(c, i.Key))];
        Fields.With(
            local,
            () =>
            {
                var result = Commit([new(intents, [])])[0];
                deleted.UnionWith(intents.Zip(result.Dots).Where(p => p.Second is not null).Select(p => p.First.Key));
                return result;
            },
            (_, change) => deleted.Contains(change.Key));
        return [.. keys.Select(k => deleted.Contains(ItemName.Check(k)))];
    }

    /// <summary>A person's decision: the version stands, the others that compete with it are replaced.</summary>
    public CommitResult Resolve(string collection, string key, string versionId)
    {
        var version = FindVersion(collection, key, versionId).Version;
        if (!version.IsPresent) throw SyncErrors.VersionNotFound.With($"Version '{versionId}' of '{key}' was replaced already");
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        return Commit([new([new(c, k, state => Writes.Resolve(state ?? throw SyncErrors.ItemNotFound.With($"There is no item '{key}'"), version.Dot))], [])])[0];
    }

    /// <summary>Writes the standing value once more with other metadata; its objects are stored already.</summary>
    public CommitResult SetMetadata(string collection, string key, Metadata metadata)
    {
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        return Commit([new([new(c, k, state =>
        {
            if (state is { IsWaiting: true }) throw WriteRules.Waits(state, _context.NameOf);
            if (state is not null && StructuredItem.IsStructured(state)) return StructuredWrites.Patch(state, c, k, new Dictionary<string, ItemValue?>(StringComparer.Ordinal), metadata);
            if (state is null || View.Of(state) is not { Status: ItemStatus.Item, Winner: { Value: { } value } head }) throw SyncErrors.ItemNotFound.With($"There is no item '{key}'");
            return Writes.Put(state, c, k, value, metadata: metadata, content: head.Content);
        }) { Overwrites = true }], [])])[0];
    }

    /// <summary>Writes an old version's value and metadata as a new version; its objects are stored already.</summary>
    public CommitResult Restore(string collection, string key, string versionId)
    {
        var operation = FindVersion(collection, key, versionId).Operation;
        var value = ValueOf(operation, versionId);
        var (c, k) = (ItemName.Check(collection), ItemName.Check(key));
        return Commit([new([new(c, k, state => Writes.Put(state, c, k, value, metadata: operation.Metadata, content: operation.Content)) { Overwrites = true }], [])])[0];
    }

    /// <summary>Steps 1 to 4 of format-1 §6 for commits of others, then as much of the rest as the gate lets through.</summary>
    public ReceiveResult Receive(IReadOnlyList<CommitBundle> bundles)
    {
        ReceiveResult result;
        lock (_writing)
        {
            _receiver ??= new CommitReceiver(_context, AppendLevel, MostWaitingBytes);
            result = _receiver.Receive(bundles);
        }

        // Told as soon as it is durable: who reads then waits for the index, and nobody else does.
        if (result.Stored > 0) RaiseChanged();
        UpdateIndex();
        return result;
    }

    // An append that needs the index level with the log while it decides: commits of others, membership. It may decide more than once.
    private void AppendLevel(Action<AppendStep> build)
    {
        lock (_writing)
        {
            Retrying(() =>
            {
                _appender.Append(session =>
                {
                    lock (_sync)
                    {
                        if (!Plants.NumberFromIndex) _indexer.CatchUp();
                        _indexer.Read(rows =>
                        {
                            build(new AppendStep(rows, _indexer.State, group => session.Append(group)));
                            return 0;
                        });
                    }
                });
                return 0;
            });
        }
    }

    // The one place where own data commits are written, whoever's they are.
    private IReadOnlyList<CommitResult> WriteGroup(IReadOnlyList<PreparedJob> jobs)
    {
        IReadOnlyList<CommitResult> results;
        lock (_writing) results = Retrying(() => _writer.Write(jobs));
        RaiseChanged(onlyOwn: true);
        _keeper?.Start();
        if (_indexer.Pending.IsFull) MakeRoom();
        return results;
    }

    // Whose turn it was has been stored: trouble with the index is for those who come next.
    private void MakeRoom()
    {
        try
        {
            UpdateIndex();
        }
        catch (SyncException)
        {
            _indexer.ForgetPending();
        }
    }

    internal ObjectSink NewSink() => new(_context, this);

    internal ValueWriter NewValueWriter(ObjectSink sink) => new(_context, sink);

    T IIndexAccess.Change<T>(Func<IndexStep, T> change)
    {
        lock (_sync) return WithIndex(() => _indexer.Change(change));
    }

    T IIndexAccess.Look<T>(Func<RowAccess, T> look) => Read(look);

    private static Operation? DeleteIfThere(KeyState? state) => state is not null && View.Of(state).Status != ItemStatus.Deleted ? Writes.Delete(state) : null;
}
