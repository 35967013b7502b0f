using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Who uses a folder (format-1 §5): every open vault holds a lock shared, and who takes objects away holds it alone. So nobody names an object that
/// goes at the same moment. Within one process whoever is about to store objects counts as well. Safe for many threads.
/// </summary>
/// <param name="disk">The vault's.</param>
/// <param name="flushes">Closed when the folder can no longer be held: what this process knows of it may be out of date, and it writes nothing more.</param>
internal sealed class VaultUse(IDisk disk, FlushLatch flushes) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private IDisposable? _shared;
    private int _users;
    private bool _alone;

    /// <summary>From here on nothing is taken away by another process. Waits for one that does.</summary>
    public void Open()
    {
        if (!disk.IsReadOnly) _shared = disk.Lock(VaultPaths.UseLock, Patience, shared: true);
    }

    /// <summary>Somebody is about to store objects, until it is disposed.</summary>
    public IDisposable Begin()
    {
        lock (_gate)
        {
            if (_alone) throw Busy();
            _users++;
            return new Ended(() => _users--, _gate);
        }
    }

    /// <summary>The folder for this vault alone, until it is disposed.</summary>
    /// <exception cref="SyncException">
    /// <see cref="SyncErrors.VaultBusy"/>: another process has it open, or something is being stored; or what kept the lock from being taken.
    /// </exception>
    public IDisposable Alone()
    {
        lock (_gate)
        {
            if (_alone || _users > 0) throw Busy();
            IDisposable? held;
            string? first = null;
            try
            {
                first = FirstSegment();
                _shared?.Dispose();
                _shared = null;
                held = disk.TryLock(VaultPaths.UseLock);
            }
            catch (DiskException e)
            {
                if (_shared is null) ShareAgain(first);
                throw e.ToSyncException();
            }

            if (held is null)
            {
                ShareAgain(first);
                throw Busy();
            }

            _alone = true;
            return new Ended(
                () =>
                {
                    _alone = false;
                    string? left = TryFirstSegment();
                    held.Dispose();
                    ShareAgain(left);
                },
                _gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _shared?.Dispose();
            _shared = null;
        }
    }

    // A lock cannot be made a shared one: for a moment nobody holds it. Where another process took things away in that moment, or the lock cannot be had
    // again, this one must write nothing more: it could name what has gone.
    private void ShareAgain(string? first)
    {
        try
        {
            Open();
            if (first is null || first != FirstSegment()) flushes.Close(SyncErrors.VaultBusy.With("Another process has taken things out of the vault meanwhile; it has to be opened again"));
        }
        catch (DiskException e)
        {
            flushes.Close(e.ToSyncException());
        }
        catch (SyncException e)
        {
            flushes.Close(e);
        }
    }

    // Who takes things away writes the log anew, so it begins with another file then.
    private string FirstSegment() => disk.List(VaultPaths.LogFolder).Where(n => n.EndsWith(".log", StringComparison.Ordinal)).MinBy(n => (n.Length, n)) ?? "";

    private string? TryFirstSegment()
    {
        try
        {
            return FirstSegment();
        }
        catch (DiskException)
        {
            return null;
        }
    }

    private static SyncException Busy() => SyncErrors.VaultBusy.With("The vault is in use: a service, a sync or an import has it open");

    private sealed class Ended(Action end, Lock gate) : IDisposable
    {
        private bool _done;

        public void Dispose()
        {
            lock (gate)
            {
                if (_done) return;
                _done = true;
                end();
            }
        }
    }
}
