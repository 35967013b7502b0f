using SyncModule.Core.Encoding;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// One open vault folder. Safe for many threads; several processes may have the same folder open. Every step is synchronous and runs
/// on the caller's thread, so that a simulation can drive the same code; two threads of its own serve many callers: one writes for those
/// that come while another writes (<see cref="CommitQueue"/>), one brings the index level meanwhile (<see cref="IndexKeeper"/>).
/// Reading always sees what this and other processes have made durable before (format-1 §12).
/// </summary>
public sealed partial class Vault : IItemView, IIndexAccess, IDisposable
{
    // Lock order: writer → append lock of the folder → index.
    private readonly object _writing = new();
    private readonly object _sync = new();
    private readonly IVaultStores _stores;
    private readonly VaultContext _context;
    private readonly Indexer _indexer;
    private readonly GroupAppender _appender;
    private readonly CommitWriter _writer;
    private readonly CommitQueue _queue;
    private readonly IndexKeeper? _keeper;
    private readonly string _cookie;
    private ILogIndex _index;
    private bool _disposed;

    private Vault(LatchedStores stores, FlushLatch flushes, VaultKeys keys, ILocalStore local, TimeProvider time, IRandomSource random)
    {
        _stores = stores;
        Flushes = flushes;
        _context = new VaultContext
        {
            Disk = stores.Disk,
            MayUseThreads = stores.MayUseThreads,
            Flushes = flushes,
            Use = new VaultUse(stores.Disk, flushes),
            Keys = keys,
            Log = CommitLog.Open(stores.Disk, random.Fill),
            Packs = PackStore.Open(stores.Disk, random.Fill),
            Local = local,
            Time = time,
            Random = random,
            IndexSealer = new RowSealer(keys.Index.Index.Siv.Span, keys.Index.Index.Key.Span, SyncErrors.IndexDamaged),
            LocalSealer = new RowSealer(keys.Index.Local.Siv.Span, keys.Index.Local.Key.Span, SyncErrors.LocalStateDamaged),
            Membership = new MembershipLane(keys.Vault),
            OwnLogs = new OwnLogs(local, random),
        };
        _context.Blocks = new BlockReader(_context.Log, keys, _context.ReadObject);
        _index = OpenIndex();
        _indexer = new Indexer(_context, () => _index);
        _appender = new GroupAppender(_context);
        _writer = new CommitWriter(_context, _indexer, _appender, () => _index, _sync);
        _queue = new CommitQueue(WriteGroup);
        if (stores.MayUseThreads) _keeper = new IndexKeeper(_indexer.Pending, () => _indexer.State.Items, ApplyPending);
        _cookie = VaultInstance.Cookie(stores);
    }

    public VaultId Id => _context.Keys.Vault;

    /// <summary>This folder's device.</summary>
    public DeviceId Device => _context.Keys.Device.Device;

    public VaultKeys Keys => _context.Keys;

    public TimeProvider Time => _context.Time;

    /// <summary>What vault.json has a damaged slot for, as it was when the vault was opened: those keys do not open it any more.</summary>
    internal IReadOnlyList<SlotType> DamagedSlots { get; private init; } = [];

    /// <summary>local.db: peers, import bases, acknowledgements.</summary>
    internal ILocalStore Local => _context.Local;

    internal RowSealer LocalSealer => _context.LocalSealer;

    internal IDisk Disk => _context.Disk;

    /// <summary>Closed by the first flush that fails while this vault is open: nothing more is stored by it then.</summary>
    public FlushLatch Flushes { get; }

    internal IRandomSource Random => _context.Random;

    /// <summary>Raised after this process made something durable; other processes' changes are found by <see cref="HasNews"/>. Runs on the writer's thread: return at once.</summary>
    public event Action? Changed;

    /// <summary>The same for sessions; true: by commits of this device and nothing else.</summary>
    internal event Action<bool>? Noted;

    /// <summary>Opens an unlocked folder: finds out whether it is the same instance, brings the index level with the log.</summary>
    internal static Vault Open(IVaultStores stores, UnlockedVaultFile unlocked, TimeProvider time, IRandomSource random)
    {
        if (stores.Disk.IsNetworkFileSystem) throw SyncErrors.NetworkFileSystem.With("The vault's folder is on a network file system");
        var flushes = new FlushLatch();
        var latched = new LatchedStores(stores, flushes);
        var local = latched.OpenLocal(create: false);
        var keys = new VaultKeys(unlocked.File.VaultId, unlocked.Ring);
        Vault? vault = null;
        try
        {
            vault = new Vault(latched, flushes, keys, local, time, random) { DamagedSlots = [.. unlocked.DamagedSlots.Select(s => s.Type)] };
            vault.Start();
            return vault;
        }
        catch (DiskException e)
        {
            Close();
            throw e.ToSyncException();
        }
        catch
        {
            Close();
            throw;
        }

        void Close()
        {
            vault?.Dispose();
            if (vault is not null) return;
            keys.Dispose();
            local.Dispose();
        }
    }

    /// <summary>The end of the log as other processes have left it; differs from the last call's when there is something new.</summary>
    public LogMark HasNews() => _context.Log.CurrentEnd();

    /// <summary>Tells this process's part in the log's growth from others'.</summary>
    internal OwnGrowth OwnGrowth => _context.Log.Growth;

    public void Dispose()
    {
        // First, and under no lock: both may be in the middle of a step.
        _queue.Dispose();
        _keeper?.Dispose();
        lock (_sync)
        {
            if (_disposed) return;
            FinishIndex();
            _disposed = true;
            if (_context.OwnLogs.Exist) VaultInstance.WriteWitness(_stores, _context.Keys, _context.OwnLogs, _indexer.State.Held);
            _index.Dispose();
            _context.Local.Dispose();
            _context.Log.Dispose();
            _context.Packs.Dispose();
            _context.Keys.Dispose();
            _context.Use.Dispose();
            Flushes.Dispose();
        }
    }

    private void Start()
    {
        lock (_sync)
        {
            _context.Use.Open();
            VaultInstance.Check(_stores, _context.Local, _context.OwnLogs);
            if (_index.NeedsRebuild)
            {
                Rebuild();
            }
            else if (!Fits())
            {
                KeepLostEnd();
                Rebuild();
            }

            _context.Log.NoteSynced(_indexer.State.Mark);
            CatchUp();
            RecoverPacks();
            VaultInstance.CheckHighest(_stores, _context.Keys, _context.Local, _context.LocalSealer, _context.OwnLogs, () =>
            {
                CatchUp();
                return _indexer.State.Held;
            });
            FieldJournal.Finish(this);
        }
    }

    private bool Fits()
    {
        try
        {
            return _indexer.Fits(_cookie);
        }
        catch (Exception e) when (IsIndexDamage(e))
        {
            return false;
        }
    }

    // A row that was changed under SQLite is found by its seal or, where it has none, by its form.
    private static bool IsIndexDamage(Exception e) => e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.IndexDamaged);

    // The index only ever takes what was synced. Where the last group that it has is not in the log any more, that is damage; the log alone
    // takes it for a group that was never finished, and after a rebuild whoever appends next would cut it off, unseen.
    private void KeepLostEnd()
    {
        if (_indexer.TrustedMark(_cookie) is not { } mark || !_context.Log.EndsBefore(mark)) return;
        _context.Log.NoteSynced(mark);
        if (_context.Disk.IsReadOnly) return;
        // Settles the end under the lock: the damage is left behind in its segment, where everybody finds it.
        using (_context.Log.AcquireAppend(TimeSpan.FromSeconds(10)))
        {
            _context.OwnLogs.StartNew();
        }
    }

    // Two processes may find the index missing at once: the second waits and then finds that it fits.
    // With `force` also one that seems to fit: a row of it is damaged.
    private void Rebuild(bool force = false)
    {
        using var held = _context.Disk.Lock(VaultPaths.RebuildLock, TimeSpan.FromMinutes(10));
        if (_index.FileReplaced) Reopen();
        if (!force && !_index.NeedsRebuild && Fits()) return;
        try
        {
            _indexer.Rebuild(_cookie);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.IndexDamaged)
        {
            _index.Dispose();
            _stores.DeleteIndex();
            _index = _stores.OpenIndex();
            _indexer.Rebuild(_cookie);
        }

        // A rebuild has read the whole log. Where some of it is damaged, own commits may be missing that peers know: going on with that
        // log would contradict them (format-1 §2).
        if (_context.Log.Damage.Count > 0 || HoldsBackOwn()) _context.OwnLogs.StartNew();
    }

    // Own commits are in the log and not applied: what stands for pruned ones, or the object that a block stands in, cannot be read. Their numbers are taken all
    // the same, and what followed on them in their log would wait with them.
    private bool HoldsBackOwn()
    {
        if (!HasUnappliedOwn()) return false;
        // The object may stand in a pack that a power cut has left open (docs/decisions/115).
        _context.Packs.Recover();
        _indexer.ScanPacks();
        return HasUnappliedOwn();
    }

    private bool HasUnappliedOwn() => _indexer.Read(rows =>
    {
        var own = _context.OwnLogs.Data;
        var last = rows.Transaction.Scan(IndexTables.LogOrder, IndexTables.LogFrom(own, 0), IndexTables.PrefixEnd(own.ToArray()), descending: true).Select(r => r.Key).FirstOrDefault();
        return last is not null && System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(last.AsSpan(16)) > _indexer.State.Applied.Sequence(own);
    });

    private void Reopen()
    {
        _index.Dispose();
        _index = OpenIndex();
    }

    private ILogIndex OpenIndex()
    {
        try
        {
            return _stores.OpenIndex();
        }
        catch (SyncException e) when (e.Kind == SyncErrors.IndexDamaged)
        {
            _stores.DeleteIndex();
            return _stores.OpenIndex();
        }
    }

    // The index may be deleted or damaged at any moment, also by others and also while it is made again; it is never the truth, so it is
    // made again and the step repeated. What does not end after a few rounds is a disk in trouble.
    private T WithIndex<T>(Func<T> step)
    {
        lock (_sync)
        {
            return Retrying(() =>
            {
                if (_index.FileReplaced) Rebuild();
                return step();
            });
        }
    }

    private T Retrying<T>(Func<T> step)
    {
        const int Rounds = 8;
        bool damaged = false;
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int round = 1; ; round++)
        {
            try
            {
                if (round > 1)
                {
                    // The first time another process may be about to make it again.
                    lock (_sync) Rebuild(force: damaged && round > 2);
                }

                return step();
            }
            catch (Exception e) when (round < Rounds && (e is LogMarkException || IsIndexDamage(e) || (e is SyncException s && IsDeleted(s))))
            {
                damaged = IsIndexDamage(e);
            }
            catch (DiskException e)
            {
                throw e.ToSyncException();
            }
        }
    }

    // A further connection to a file that was deleted meanwhile cannot be opened.
    private bool IsDeleted(SyncException e) => e.Kind == SyncErrors.VaultReadOnly && _index.FileReplaced;

    private void CatchUp() => WithIndex(() =>
    {
        _indexer.CatchUp();
        return 0;
    });

    private void ApplyPending() => WithIndex(() =>
    {
        _indexer.ApplyPending();
        return 0;
    });

    // Reads that must see everything durable.
    private T Read<T>(Func<RowAccess, T> read)
    {
        lock (_sync)
        {
            return WithIndex(() =>
            {
                _indexer.CatchUp();
                return _indexer.Read(read);
            });
        }
    }

    // Whoever opens the folder next need not take in what was left pending here.
    private void FinishIndex()
    {
        if (_indexer.Pending.End is null) return;
        try
        {
            CatchUp();
        }
        catch (SyncException)
        {
            // The log has it all.
        }
    }

    private void RaiseChanged() => RaiseChanged(onlyOwn: false);

    private void RaiseChanged(bool onlyOwn)
    {
        Noted?.Invoke(onlyOwn);
        Changed?.Invoke();
    }
}
