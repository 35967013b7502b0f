using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SyncModule.Engine.Storage;

/// <summary>A folder on Linux or macOS. Every call that changes the disk is a checked system call.</summary>
internal sealed class UnixDisk : IDisk
{
    private const int FileMode = 0x180; // 0600
    private const int FolderMode = 0x1C0; // 0700

    private readonly string _root;
    private readonly MountStatus _mount;

    public UnixDisk(string fullRoot, bool create)
    {
        _root = fullRoot;
        if (create) MakeFolders(fullRoot);
        if (Libc.TryStat(fullRoot, "") is not { IsFolder: true }) throw new DiskException(DiskFailure.NotFound, "open", "", "no such folder");
        _mount = Libc.StatMount(fullRoot);
        IsNetworkFileSystem = OperatingSystem.IsMacOS()
            ? FileSystemTypes.IsNetwork(_mount.Name, _mount.IsLocal)
            : FileSystemTypes.IsNetwork(_mount.Magic, MountType());
    }

    public string BootId => MachineIdentity.BootId;

    public bool IsNetworkFileSystem { get; }

    public bool IsReadOnly => _mount.IsReadOnly || Libc.Access(_root, Libc.AccessWrite) != 0;

    public IDiskFile Open(string path, DiskOpen mode) => new UnixFile(OpenDescriptor(path, mode), path);

    public bool Exists(string path) => Libc.TryStat(Full(path, allowRoot: true), path) is not null;

    public long? TryGetLength(string path) => Libc.TryStat(Full(path), path) is { IsFolder: false } status ? status.Length : null;

    public IReadOnlyList<string> List(string folder)
    {
        string full = Full(folder, allowRoot: true);
        if (Libc.TryStat(full, folder) is not { IsFolder: true }) return [];
        try
        {
            string[] names = [.. new DirectoryInfo(full).EnumerateFiles("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }).Select(f => f.Name)];
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DiskException(DiskFailure.Denied, "list", folder, e.Message, e);
        }
        catch (IOException e)
        {
            throw new DiskException(DiskFailure.Failed, "list", folder, e.Message, e);
        }
    }

    public void CreateFolder(string path) => MakeFolders(Full(path, allowRoot: true));

    public void Rename(string from, string to)
    {
        if (Libc.Rename(Full(from), Full(to)) != 0) throw Libc.Failure("rename", from);
    }

    public void Delete(string path)
    {
        if (Libc.Unlink(Full(path)) == 0) return;
        DiskException error = Libc.Failure("unlink", path);
        if (error.Failure != DiskFailure.NotFound) throw error;
    }

    public void SyncFolder(string path) => SyncFullFolder(Full(path, allowRoot: true), path);

    public IDisposable? TryLock(string path, bool shared = false)
    {
        // A new open file description each time: flock then also excludes two callers in one process.
        SafeFileHandle handle = OpenDescriptor(path, DiskOpen.OpenOrCreate);
        int operation = (shared ? Libc.LockShared : Libc.LockExclusive) | Libc.LockNonBlocking;
        while (Libc.Flock(handle, operation) != 0)
        {
            if (Marshal.GetLastPInvokeError() == Libc.Interrupted) continue;
            bool busy = Libc.WouldBlock;
            DiskException error = Libc.Failure("flock", path);
            handle.Dispose();
            return busy ? null : throw error;
        }

        return handle;
    }

    public IDisposable Lock(string path, TimeSpan timeout, bool shared = false) => LocalDisk.WaitForLock(this, path, timeout, shared);

    /// <summary>
    /// No device number: it moves between boots (device mapper, btrfs, overlays). The birth time stands in for it, so that a copy
    /// on another disk of this machine differs even when it happens to get the same inode.
    /// </summary>
    public string InstanceCookie(string path)
    {
        FileStatus s = Libc.TryStat(Full(path), path) ?? throw new DiskException(DiskFailure.NotFound, "stat", path, "no such file");
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{MachineIdentity.MachineId}/{s.Inode:x}/{s.BirthSeconds:x}.{s.BirthNanoseconds:x}");
    }

    private SafeFileHandle OpenDescriptor(string path, DiskOpen mode)
    {
        int flags = mode switch
        {
            DiskOpen.Read => Libc.ReadOnlyFlags,
            DiskOpen.ReadWrite => Libc.ReadWriteFlags,
            DiskOpen.CreateNew => Libc.ReadWriteFlags | Libc.CreateFlag | Libc.ExclusiveFlag,
            _ => Libc.ReadWriteFlags | Libc.CreateFlag,
        };
        int descriptor = Libc.Open(Full(path), flags, FileMode);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Libc.Failure("open", path);
    }

    private string Full(string path, bool allowRoot = false) =>
        DiskPath.Check(path, allowRoot).Length == 0 ? _root : _root + "/" + path;

    private static void MakeFolders(string full)
    {
        if (Libc.TryStat(full, full) is { IsFolder: true }) return;
        string? parent = Path.GetDirectoryName(full);
        if (parent is not null) MakeFolders(parent);
        if (Libc.Mkdir(full, FolderMode) != 0)
        {
            DiskException error = Libc.Failure("mkdir", Path.GetFileName(full));
            if (error.Failure == DiskFailure.Exists && Libc.TryStat(full, full) is { IsFolder: true }) return; // another process made it
            throw error;
        }

        if (parent is not null) SyncFullFolder(parent, Path.GetFileName(parent));
    }

    private static void SyncFullFolder(string full, string path)
    {
        int descriptor = Libc.Open(full, Libc.ReadOnlyFlags, 0);
        if (descriptor < 0) throw Libc.Failure("open", path);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        while (Libc.Fsync(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Libc.Failure("fsync", path);
        }
    }

    private string MountType()
    {
        if ((_mount.Magic & 0xFFFFFFFF) != FileSystemTypes.FuseMagic) return "";
        try
        {
            // Links are resolved: the mount that holds the bytes counts, not the one that holds the link.
            string real = new DirectoryInfo(_root).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? _root;
            return FileSystemTypes.MountTypeOf(real, File.ReadLines("/proc/self/mountinfo"));
        }
        catch (IOException)
        {
            return ""; // unknown FUSE counts as a network file system
        }
    }
}
