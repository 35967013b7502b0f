using System.Globalization;

namespace SyncModule.Engine.Storage;

/// <summary>
/// A disk in memory, with a page cache, for tests and simulation: unsynced writes are visible and may be lost, torn or reordered
/// when power is cut; names are durable only after the folder is synced; any call can be made to fail. Several processes share
/// it through <see cref="OpenProcess"/>. Everything it does follows from the calls and from the function given to
/// <see cref="PowerCut"/>: the same calls give the same disk.
/// </summary>
public sealed class MemoryDisk
{
    // One change of names that a crash keeps or loses as a whole. Folders: the old and the new name's.
    private readonly record struct NameChange(string? Removed, string? Added, MemoryInode? Inode)
    {
        public bool Touches(string folder) =>
            (Removed is not null && DiskPath.FolderOf(Removed) == folder) || (Added is not null && DiskPath.FolderOf(Added) == folder);

        public void Apply(SortedDictionary<string, MemoryInode> names)
        {
            if (Removed is not null) names.Remove(Removed);
            if (Added is not null) names[Added] = Inode!;
        }
    }

    private readonly SortedDictionary<string, MemoryInode> _durableNames = new(StringComparer.Ordinal);
    private readonly List<NameChange> _pendingNames = [];
    private readonly List<MemoryProcess> _processes = [];
    private int _inodes;
    private int _boots;

    /// <summary>Asked before each call; null lets it happen.</summary>
    public Func<DiskCall, DiskFault?>? FaultHook { get; set; }

    /// <summary>How many calls have been made; a sweep runs over 1 … this.</summary>
    public long Calls { get; private set; }

    /// <summary>
    /// True (default): a process that asks for a held lock waits in real time, for tests with threads. False: it gets VaultBusy at
    /// once, for single-threaded simulation, where nobody could release it meanwhile.
    /// </summary>
    public bool LocksWait { get; init; } = true;

    /// <summary>Told to every process by <see cref="IDisk.IsReadOnly"/>; writes are then refused.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Told to every process by <see cref="IDisk.IsNetworkFileSystem"/>.</summary>
    public bool IsNetworkFileSystem { get; set; }

    /// <summary>Part of every instance cookie; two disks of one simulated machine share it.</summary>
    public string MachineId { get; set; } = "memory";

    internal object Gate { get; } = new();

    internal SortedDictionary<string, MemoryInode> Names { get; } = new(StringComparer.Ordinal);

    internal SortedSet<string> Folders { get; } = new(StringComparer.Ordinal) { "" };

    internal string BootId => _boots.ToString(CultureInfo.InvariantCulture);

    /// <summary>A new process that sees this disk.</summary>
    public MemoryProcess OpenProcess()
    {
        lock (Gate)
        {
            var process = new MemoryProcess(this, _processes.Count + 1);
            _processes.Add(process);
            return process;
        }
    }

    /// <summary>
    /// Cuts power: all processes die, and of what was not synced a part chosen by <paramref name="random"/> is on the disk.
    /// random(n) gives 0 … n-1; always 0 keeps nothing that is unsynced, always n-1 everything.
    /// </summary>
    public void PowerCut(Func<int, int> random)
    {
        lock (Gate)
        {
            foreach (MemoryProcess process in _processes) process.Kill();

            // Each folder's journal is kept up to some point; later changes of that folder are lost.
            var kept = new SortedDictionary<string, int>(StringComparer.Ordinal);
            foreach (string folder in Folders)
            {
                int count = _pendingNames.Count(c => c.Touches(folder));
                if (count > 0) kept[folder] = random(count + 1);
            }

            foreach (NameChange change in _pendingNames)
            {
                bool survives = true;
                foreach (string folder in kept.Keys.Where(change.Touches).ToArray()) survives &= kept[folder]-- > 0;
                if (survives) change.Apply(_durableNames);
            }

            _pendingNames.Clear();
            Names.Clear();
            foreach ((string path, MemoryInode inode) in _durableNames) Names[path] = inode;
            foreach (MemoryInode inode in Names.Values.Distinct()) inode.PowerCut(random);
            _boots++;
        }
    }

    /// <summary>Flips the bits of <paramref name="mask"/> in one stored byte.</summary>
    public void Corrupt(string path, long offset, byte mask)
    {
        lock (Gate) Names[path].Corrupt(offset, mask);
    }

    /// <summary>
    /// A copy as another program would make it at this moment: all that is visible, and durable there. With new inodes a backup that
    /// was put back, or a cloned disk; with the same ones a virtual machine that was rolled back. Who runs on this disk stays here.
    /// </summary>
    public MemoryDisk Copy(bool newInodes)
    {
        lock (Gate)
        {
            var copy = new MemoryDisk { LocksWait = LocksWait, MachineId = MachineId, _inodes = newInodes ? _inodes + Names.Count : _inodes, _boots = _boots + 1 };
            copy.Folders.UnionWith(Folders);
            int next = _inodes;
            foreach (var (path, inode) in Names) copy.Names[path] = copy._durableNames[path] = inode.Copy(newInodes ? ++next : inode.Number);
            return copy;
        }
    }

    /// <summary>True when these bytes of a file are on the disk as they are seen, under a durable name: a power cut takes nothing of them away.</summary>
    public bool SurvivesPowerCut(string path, long offset, int length)
    {
        lock (Gate)
        {
            return Names.TryGetValue(path, out var inode) && _durableNames.TryGetValue(path, out var durable) && durable == inode && inode.IsDurable(offset, length);
        }
    }

    internal DiskFault? NextCall(string operation, string path, int process)
    {
        long number = ++Calls;
        return FaultHook?.Invoke(new DiskCall(operation, path, number, process));
    }

    internal MemoryInode Create(string path)
    {
        var inode = new MemoryInode(++_inodes);
        Change(new(null, path, inode));
        return inode;
    }

    internal void Rename(string from, string to) => Change(new(from, to, Names[from]));

    internal void Remove(string path) => Change(new(path, null, null));

    internal void SyncFolder(string folder)
    {
        foreach (NameChange change in _pendingNames.Where(c => c.Touches(folder))) change.Apply(_durableNames);
        _pendingNames.RemoveAll(c => c.Touches(folder));
    }

    private void Change(NameChange change)
    {
        change.Apply(Names);
        _pendingNames.Add(change);
    }
}
