using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Who uses a folder (format-1 §5): every open vault holds a lock shared, and who takes objects away holds it alone. So nobody names an object that
/// goes at the same moment. Within one process whoever is about to store objects counts as well. Safe for many threads.
/// </summary>
internal sealed class VaultUse(IDisk disk) : IDisposable
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
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultBusy"/>: another process has it open, or something is being stored.</exception>
    public IDisposable Alone()
    {
        lock (_gate)
        {
            if (_alone || _users > 0) throw Busy();
            _shared?.Dispose();
            _shared = null;
            if (disk.TryLock(VaultPaths.UseLock) is not { } held)
            {
                Open();
                throw Busy();
            }

            _alone = true;
            return new Ended(
                () =>
                {
                    _alone = false;
                    held.Dispose();
                    Open();
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
