using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Profiles;

/// <summary>
/// The unlocked vaults of this process: one per folder, shared by everything that runs in it. A vault that nothing uses for its
/// timeout is closed and its keys are zeroed. Every use holds a <see cref="VaultLease"/>.
/// </summary>
public sealed class OpenVaults : IDisposable
{
    private readonly Dictionary<string, Entry> _entries = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public OpenVaults(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => CloseIdle(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
    }

    /// <summary>How long an unlocked vault stays open without use, unless another time is asked for.</summary>
    public static TimeSpan DefaultTimeout => TimeSpan.FromMinutes(15);

    /// <summary>Those of this process.</summary>
    public static OpenVaults OfProcess { get; } = Create();

    /// <summary>True when the folder's vault is unlocked here.</summary>
    public bool IsUnlocked(string folder)
    {
        lock (_gate) return _entries.TryGetValue(VaultFolder.Canonical(folder), out var entry) && entry.Vault is not null;
    }

    /// <summary>The open vault; null when it is locked. Never asks, never waits for an unlock that runs elsewhere.</summary>
    public VaultLease? Find(string folder) => Find(folder, isUse: true);

    /// <summary>The same for who only looks: it does not begin the vault's timeout anew, else a list that is shown every minute would keep the keys in memory for ever.</summary>
    public VaultLease? Peek(string folder) => Find(folder, isUse: false);

    /// <summary>
    /// The open vault, unlocked by <paramref name="unlock"/> when it is not open. Callers at once get the same: the first unlocks, on
    /// its own thread, and the others wait for it.
    /// </summary>
    /// <param name="folder">The vault's folder.</param>
    /// <param name="unlock">Opens vault.json; may ask.</param>
    /// <param name="timeout">For this vault from now on; null = as it is, or <see cref="DefaultTimeout"/>.</param>
    /// <param name="storesOf">What a vault that is not open yet is opened through; null = its folder.</param>
    public VaultLease Open(string folder, Func<VaultFile, UnlockedVaultFile> unlock, TimeSpan? timeout = null, Func<FolderStores, IVaultStores>? storesOf = null)
    {
        string path = VaultFolder.Canonical(folder);
        while (true)
        {
            Entry entry;
            lock (_gate)
            {
                if (!_entries.TryGetValue(path, out entry!)) _entries[path] = entry = new Entry();
            }

            lock (entry.Opening)
            {
                lock (_gate)
                {
                    if (entry.IsClosed) continue; // locked while we waited
                    if (timeout is { } asked) entry.Timeout = asked;
                    if (entry.Vault is not null) return Lend(entry);
                }

                Vault vault;
                try
                {
                    var stores = new FolderStores(path, UserFolders.State);
                    vault = VaultCreation.Open(storesOf?.Invoke(stores) ?? stores, unlock, _time, SystemRandomSource.Instance);
                }
                catch
                {
                    lock (_gate)
                    {
                        entry.IsClosed = true;
                        _entries.Remove(path);
                    }

                    throw;
                }

                lock (_gate)
                {
                    entry.Vault = vault;
                    return Lend(entry);
                }
            }
        }
    }

    /// <summary>Closes a vault: what uses it is asked to end (<see cref="VaultLease.Locked"/>), and the keys go when it has. False when it was not open.</summary>
    public bool Lock(string folder)
    {
        string path = VaultFolder.Canonical(folder);
        Entry? entry;
        bool idle;
        lock (_gate)
        {
            if (!_entries.TryGetValue(path, out entry) || entry.Vault is null) return false;
            entry.IsClosed = true;
            _entries.Remove(path);
            idle = entry.Leases == 0;
        }

        entry.Locked.Cancel();
        if (idle) entry.Close();
        return true;
    }

    /// <summary>How many users the folder's open vault has at this moment.</summary>
    public int UsersOf(string folder)
    {
        lock (_gate) return _entries.TryGetValue(VaultFolder.Canonical(folder), out var entry) ? entry.Leases : 0;
    }

    public void Dispose()
    {
        _timer.Dispose();
        List<Entry> open;
        lock (_gate)
        {
            open = [.. _entries.Values.Where(e => e.Vault is not null)];
            _entries.Clear();
            foreach (var entry in open) entry.IsClosed = true;
        }

        foreach (var entry in open)
        {
            entry.Locked.Cancel();
            entry.Close();
        }
    }

    internal void Return(Entry entry, bool isUse)
    {
        bool last;
        lock (_gate)
        {
            if (isUse) entry.LastUse = _time.GetTimestamp();
            last = --entry.Leases == 0 && entry.IsClosed;
        }

        if (last) entry.Close();
    }

    private static OpenVaults Create()
    {
        var vaults = new OpenVaults(TimeProvider.System);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => vaults.Dispose();
        return vaults;
    }

    private VaultLease? Find(string folder, bool isUse)
    {
        lock (_gate) return _entries.TryGetValue(VaultFolder.Canonical(folder), out var entry) && entry.Vault is not null ? Lend(entry, isUse) : null;
    }

    private VaultLease Lend(Entry entry, bool isUse = true)
    {
        entry.Leases++;
        if (isUse) entry.LastUse = _time.GetTimestamp();
        return new VaultLease(this, entry, isUse);
    }

    private void CloseIdle()
    {
        List<Entry> idle = [];
        lock (_gate)
        {
            foreach (var (path, entry) in _entries.Where(e => e.Value is { Vault: not null, Leases: 0 } && _time.GetElapsedTime(e.Value.LastUse) >= e.Value.Timeout).ToList())
            {
                _entries.Remove(path);
                entry.IsClosed = true;
                idle.Add(entry);
            }
        }

        foreach (var entry in idle) entry.Close();
    }

    internal sealed class Entry
    {
        public object Opening { get; } = new();

        public CancellationTokenSource Locked { get; } = new();

        public Vault? Vault { get; set; }

        public TimeSpan Timeout { get; set; } = DefaultTimeout;

        public long LastUse { get; set; }

        public int Leases { get; set; }

        public bool IsClosed { get; set; }

        public void Close() => Vault?.Dispose();
    }
}
