namespace SyncModule.Engine.Storage;

/// <summary>One process's view of a <see cref="MemoryDisk"/>. Dies by <see cref="Kill"/>, a crash fault or a power cut; then every call throws.</summary>
public sealed class MemoryProcess : IDisk
{
    private readonly MemoryDisk _disk;
    private readonly int _number;
    private readonly HashSet<MemoryLock> _locks = [];
    private readonly string _bootId;

    internal MemoryProcess(MemoryDisk disk, int number)
    {
        _disk = disk;
        _number = number;
        _bootId = disk.BootId;
    }

    /// <summary>True after <see cref="Kill"/>.</summary>
    public bool IsDead { get; private set; }

    public string BootId => _bootId;

    /// <summary>As <see cref="DiskCall.Process"/> names it.</summary>
    public int Number => _number;

    public bool IsNetworkFileSystem => _disk.IsNetworkFileSystem;

    public bool IsReadOnly => _disk.IsReadOnly;

    internal object Gate => _disk.Gate;

    /// <summary>Ends the process as kill -9 does: locks are free, what it wrote stays in the page cache.</summary>
    public void Kill()
    {
        lock (Gate)
        {
            IsDead = true;
            foreach (MemoryLock held in _locks.ToArray()) held.Release();
            Monitor.PulseAll(Gate);
        }
    }

    public IDiskFile Open(string path, DiskOpen mode)
    {
        lock (Gate)
        {
            Enter("open", DiskPath.Check(path));
            return new MemoryFile(this, Find(path, mode), path, mode != DiskOpen.Read);
        }
    }

    public bool Exists(string path)
    {
        lock (Gate)
        {
            Enter("stat", DiskPath.Check(path, allowRoot: true));
            return _disk.Names.ContainsKey(path) || _disk.Folders.Contains(path);
        }
    }

    public long? TryGetLength(string path)
    {
        lock (Gate)
        {
            Enter("stat", DiskPath.Check(path));
            return _disk.Names.TryGetValue(path, out MemoryInode? inode) ? inode.Length : null;
        }
    }

    public IReadOnlyList<string> List(string folder)
    {
        lock (Gate)
        {
            Enter("list", DiskPath.Check(folder, allowRoot: true));
            string prefix = folder.Length == 0 ? "" : folder + "/";
            return [.. _disk.Names.Keys.Where(p => DiskPath.FolderOf(p) == folder).Select(p => p[prefix.Length..])];
        }
    }

    public void CreateFolder(string path)
    {
        lock (Gate)
        {
            EnterChange("mkdir", DiskPath.Check(path, allowRoot: true));
            for (int end = 0; end < path.Length; end++)
            {
                if (path[end] == '/') AddFolder(path[..end]);
            }

            AddFolder(path);
        }
    }

    public void Rename(string from, string to)
    {
        lock (Gate)
        {
            EnterChange("rename", DiskPath.Check(from));
            CheckFolder("rename", DiskPath.Check(to));
            if (!_disk.Names.ContainsKey(from)) throw new DiskException(DiskFailure.NotFound, "rename", from, "no such file");
            if (from != to) _disk.Rename(from, to);
        }
    }

    public void Delete(string path)
    {
        lock (Gate)
        {
            EnterChange("delete", DiskPath.Check(path));
            if (_disk.Names.ContainsKey(path)) _disk.Remove(path);
        }
    }

    public void SyncFolder(string path)
    {
        lock (Gate)
        {
            Enter("syncfolder", DiskPath.Check(path, allowRoot: true));
            if (!_disk.Folders.Contains(path)) throw new DiskException(DiskFailure.NotFound, "syncfolder", path, "no such folder");
            _disk.SyncFolder(path);
        }
    }

    public IDisposable? TryLock(string path, bool shared = false)
    {
        lock (Gate)
        {
            Enter("lock", DiskPath.Check(path));
            return TryTake(Find(path, DiskOpen.OpenOrCreate), shared);
        }
    }

    public IDisposable Lock(string path, TimeSpan timeout, bool shared = false)
    {
        lock (Gate)
        {
            Enter("lock", DiskPath.Check(path));
            MemoryInode inode = Find(path, DiskOpen.OpenOrCreate);
            long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
            while (true)
            {
                if (TryTake(inode, shared) is { } held) return held;
                long left = _disk.LocksWait ? deadline - Environment.TickCount64 : 0;
                if (left <= 0) throw SyncErrors.VaultBusy.With($"'{path}' was locked by another process for {timeout.TotalSeconds:0.#} s");
                Monitor.Wait(Gate, (int)Math.Min(left, int.MaxValue));
                ThrowIfDead();
            }
        }
    }

    public string InstanceCookie(string path)
    {
        lock (Gate)
        {
            Enter("stat", DiskPath.Check(path));
            return _disk.Names.TryGetValue(path, out MemoryInode? inode)
                ? FormattableString.Invariant($"{_disk.MachineId}/{inode.Number}")
                : throw new DiskException(DiskFailure.NotFound, "stat", path, "no such file");
        }
    }

    /// <summary>Counts the call and throws its injected failure; returns the fault of a short write. Caller holds the gate.</summary>
    internal DiskFault? Enter(string operation, string path)
    {
        ThrowIfDead();
        DiskFault? fault = _disk.NextCall(operation, path, _number);
        if (fault is null) return null;
        if (operation == "write" && (fault.BytesDone > 0 || fault.Meanwhile is not null)) return fault;
        if (fault.Failure is null)
        {
            Kill();
            ThrowIfDead();
        }

        if (operation is "write" or "sync" or "beginsync") return fault;
        throw new DiskException(fault.Failure!.Value, operation, path, "injected");
    }

    internal void ThrowIfReadOnly(string operation, string path)
    {
        if (_disk.IsReadOnly) throw new DiskException(DiskFailure.ReadOnly, operation, path, "the disk is read-only");
    }

    internal void Forget(MemoryLock held)
    {
        _locks.Remove(held);
        Monitor.PulseAll(Gate);
    }

    private void EnterChange(string operation, string path)
    {
        Enter(operation, path);
        ThrowIfReadOnly(operation, path);
    }

    private MemoryInode Find(string path, DiskOpen mode)
    {
        if (mode != DiskOpen.Read) ThrowIfReadOnly("open", path);
        if (_disk.Names.TryGetValue(path, out MemoryInode? inode))
        {
            return mode == DiskOpen.CreateNew ? throw new DiskException(DiskFailure.Exists, "open", path, "the name is taken") : inode;
        }

        if (mode is DiskOpen.Read or DiskOpen.ReadWrite) throw new DiskException(DiskFailure.NotFound, "open", path, "no such file");
        CheckFolder("open", path);
        return _disk.Create(path);
    }

    private void CheckFolder(string operation, string path)
    {
        if (!_disk.Folders.Contains(DiskPath.FolderOf(path))) throw new DiskException(DiskFailure.NotFound, operation, path, "no such folder");
        if (_disk.Folders.Contains(path)) throw new DiskException(DiskFailure.Failed, operation, path, "it is a folder");
    }

    private void AddFolder(string path)
    {
        if (_disk.Names.ContainsKey(path)) throw new DiskException(DiskFailure.Exists, "mkdir", path, "it is a file");
        _disk.Folders.Add(path);
    }

    private MemoryLock? TryTake(MemoryInode inode, bool shared)
    {
        if (inode.ExclusivelyLocked || (!shared && inode.SharedLocks > 0)) return null;
        var held = new MemoryLock(this, inode, shared);
        _locks.Add(held);
        return held;
    }

    internal void ThrowIfDead()
    {
        if (IsDead) throw new SimulatedCrashException("This process is dead.");
    }
}
