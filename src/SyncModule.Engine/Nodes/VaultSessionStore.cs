using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>One session's way into a vault: commits into the log, objects into a pack of the session's own, both noted in its journal.</summary>
internal sealed class VaultSessionStore(Vault vault, VaultWatcher? watcher, Func<SessionJournal?> journal) : ISessionStore, IDisposable
{
    private readonly ObjectReceiver _objects = vault.NewObjectReceiver();
    private readonly List<ObjectAddress> _unflushed = [];

    // The thread that is storing for this session: what it changes is no news to the session.
    private volatile int _storing;

    public StoreResult StoreCommits(Lane lane, IReadOnlyList<CommitBundle> bundles) => Guard(() =>
    {
        var result = vault.Receive(bundles);
        return new StoreResult(result.Stored, result.Known, result.Rejected.Count, null, result.Rejected.Count > 0 ? result.Rejected[0] : "");
    });

    public IReadOnlyList<CheckedObjects> CheckObjects(IReadOnlyList<ReadOnlyMemory<byte>> bodies)
    {
        try
        {
            return ObjectReceiver.Check(bodies);
        }
        catch (VaultFormatException e)
        {
            throw SyncErrors.ProtocolViolation.With(e.Message.TrimEnd('.'), e);
        }
    }

    public ObjectsResult StoreObjects(CheckedObjects objects) => Guard(() =>
    {
        var result = _objects.Write(objects);
        _unflushed.AddRange(result.Stored);
        return new ObjectsResult(result.Stored, result.Rejected);
    });

    public void FlushObjects() => Guard(() =>
    {
        _objects.Flush();
        journal()?.Data(_unflushed);
        _unflushed.Clear();
        return 0;
    });

    public IDisposable Subscribe(Action<bool> changed)
    {
        void Handler(bool onlyOwn)
        {
            if (Environment.CurrentManagedThreadId != _storing) changed(onlyOwn);
        }

        vault.Noted += Handler;
        var watch = watcher?.Subscribe(() => changed(false));
        return new Subscription(() =>
        {
            vault.Noted -= Handler;
            watch?.Dispose();
        });
    }

    public IDisposable? SubscribeObjects(Action<ReadOnlyMemory<byte>, Action> offered) => vault.Feed.Subscribe(offered);

    public void Dispose()
    {
        try
        {
            Guard(() =>
            {
                _objects.Dispose();
                return 0;
            });
        }
        catch (SyncException)
        {
            // What was acknowledged is durable; the rest is still wanted and asked for again.
        }
    }

    private T Guard<T>(Func<T> store)
    {
        _storing = Environment.CurrentManagedThreadId;
        try
        {
            return store();
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
        finally
        {
            _storing = 0;
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
