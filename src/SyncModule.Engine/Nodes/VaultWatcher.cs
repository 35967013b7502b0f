using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// Notices what other processes append to the vault's log: by the operating system's file events where they come, and by looking once
/// a second where they do not. Looking costs a few status calls. What this process appends itself is told by <see cref="Vault.Changed"/>
/// and not here again: each session would look at its index once more, and tell its peer of nothing.
/// </summary>
public sealed class VaultWatcher : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Vault _vault;
    private readonly FileSystemWatcher? _files;
    private readonly ITimer _timer;
    private readonly object _gate = new();
    private readonly List<Action> _subscribers = [];
    private LogMark _seen;

    /// <param name="vault">The vault to watch.</param>
    /// <param name="folder">Its folder; null where it is not in a real one.</param>
    public VaultWatcher(Vault vault, string? folder)
    {
        _vault = vault;
        _seen = vault.HasNews();
        vault.OwnGrowth.Ended += OnAppended;
        _timer = vault.Time.CreateTimer(_ => Look(), null, Interval, Interval);
        if (folder is null) return;
        try
        {
            _files = new FileSystemWatcher(Path.Combine(folder, VaultPaths.LogFolder)) { NotifyFilter = NotifyFilters.Size | NotifyFilters.LastWrite | NotifyFilters.FileName };
            _files.Changed += (_, _) => Look();
            _files.Created += (_, _) => Look();
            _files.EnableRaisingEvents = true;
        }
        catch (IOException)
        {
            // No watches left on this machine: looking once a second serves.
        }
    }

    /// <summary>Calls back, from any thread, after the log has grown.</summary>
    public IDisposable Subscribe(Action changed)
    {
        lock (_gate) _subscribers.Add(changed);
        return new Subscription(this, changed);
    }

    public void Dispose()
    {
        _vault.OwnGrowth.Ended -= OnAppended;
        _timer.Dispose();
        _files?.Dispose();
    }

    // The writer waits for this, and its callers with it: nothing is read, for it knows where the log ends (docs/decisions/132).
    private void OnAppended(LogMark from, LogMark end)
    {
        Action[] subscribers = [];
        bool isBehind;
        lock (_gate)
        {
            isBehind = end < _seen; // somebody was faster, or something was cut
            if (!isBehind)
            {
                if (from > _seen) subscribers = [.. _subscribers]; // others appended before
                _seen = end;
            }
        }

        if (isBehind) Look();
        foreach (var subscriber in subscribers) subscriber();
    }

    private void Look()
    {
        // Its own writing wakes the watcher of the files. The log is not to be had before the sync is through, and the end of the append tells all.
        if (_vault.OwnGrowth.IsAppending) return;
        Action[] subscribers;
        lock (_gate)
        {
            try
            {
                var end = _vault.HasNews();
                if (end == _seen) return;
                if (_vault.OwnGrowth.Explains(_seen, end) is not { } own) return; // looked at again when the append has ended
                _seen = end;
                if (own) return;
            }
            catch (Exception e) when (e is DiskException or ObjectDisposedException)
            {
                return; // the next reader meets the trouble and reports it
            }

            subscribers = [.. _subscribers];
        }

        foreach (var subscriber in subscribers) subscriber();
    }

    private sealed class Subscription(VaultWatcher owner, Action changed) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate) owner._subscribers.Remove(changed);
        }
    }
}
