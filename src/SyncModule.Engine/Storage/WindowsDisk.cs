using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32;
using Microsoft.Win32.SafeHandles;

namespace SyncModule.Engine.Storage;

/// <summary>A folder on Windows. NOT RUN: written against the documented API on a machine without Windows.</summary>
internal sealed partial class WindowsDisk : IDisk
{
    private readonly string _root;

    public WindowsDisk(string fullRoot, bool create)
    {
        _root = fullRoot;
        if (create) Guard("mkdir", "", () => Directory.CreateDirectory(fullRoot));
        if (!Directory.Exists(fullRoot)) throw new DiskException(DiskFailure.NotFound, "open", "", "no such folder");
        string? drive = Path.GetPathRoot(fullRoot);
        IsNetworkFileSystem = fullRoot.StartsWith(@"\\", StringComparison.Ordinal) || (drive is not null && new DriveInfo(drive).DriveType == DriveType.Network);
    }

    public string BootId => MachineIdentity.BootId;

    public bool IsNetworkFileSystem { get; }

    // The read-only attribute of a folder forbids nothing on Windows; a refusal shows as Denied at the first write.
    public bool IsReadOnly => false;

    public IDiskFile Open(string path, DiskOpen mode)
    {
        (FileMode open, FileAccess access) = mode switch
        {
            DiskOpen.Read => (FileMode.Open, FileAccess.Read),
            DiskOpen.ReadWrite => (FileMode.Open, FileAccess.ReadWrite),
            DiskOpen.CreateNew => (FileMode.CreateNew, FileAccess.ReadWrite),
            _ => (FileMode.OpenOrCreate, FileAccess.ReadWrite),
        };
        return new WindowsFile(Guard("open", path, () => File.OpenHandle(Full(path), open, access, FileShare.ReadWrite | FileShare.Delete)), path);
    }

    public bool Exists(string path) => Path.Exists(Full(path));

    public long? TryGetLength(string path) => new FileInfo(Full(path)) is { Exists: true } file ? file.Length : null;

    public IReadOnlyList<string> List(string folder)
    {
        if (!Directory.Exists(Full(folder))) return [];
        string[] names = Guard("list", folder, () => Directory.GetFiles(Full(folder)).Select(f => Path.GetFileName(f)!).ToArray());
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    public void CreateFolder(string path) => Guard("mkdir", path, () => Directory.CreateDirectory(Full(path)));

    public void Rename(string from, string to) => Guard("rename", from, () =>
    {
        File.Move(Full(from), Full(to), overwrite: true);
        return 0;
    });

    public void Delete(string path) => Guard("delete", path, () =>
    {
        File.Delete(Full(path));
        return 0;
    });

    // NTFS journals names itself and has no call to flush a folder for an ordinary user.
    public void SyncFolder(string path) => DiskPath.Check(path, allowRoot: true);

    public IDisposable? TryLock(string path, bool shared = false)
    {
        SafeFileHandle handle = Guard("lock", path, () => File.OpenHandle(Full(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        // One byte far behind any content: Windows locks are mandatory and must not block readers of a pack.
        var where = new Overlapped { OffsetHigh = 0x7FFFFFFF };
        if (LockFileEx(handle, (shared ? 0u : 2u) | 1u, 0, 1, 0, ref where)) return handle;
        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error == 33 ? null : throw new DiskException(DiskFailure.Failed, "lock", path, Marshal.GetPInvokeErrorMessage(error));
    }

    public IDisposable Lock(string path, TimeSpan timeout, bool shared = false) => LocalDisk.WaitForLock(this, path, timeout, shared);

    public string InstanceCookie(string path)
    {
        using SafeFileHandle handle = Guard("stat", path, () => File.OpenHandle(Full(path)));
        if (!GetFileInformationByHandle(handle, out FileInformation i)) throw new DiskException(DiskFailure.Failed, "stat", path, Marshal.GetLastPInvokeErrorMessage());
        return FormattableString.Invariant($"{MachineIdentity.MachineId}/{i.VolumeSerial:x}/{i.IndexHigh:x8}{i.IndexLow:x8}");
    }

    internal static string RegistryText(string key, string name) => OperatingSystem.IsWindows() ? ReadRegistry(key, name) : "";

    /// <summary>.NET's exceptions as ours. HResult's low word is the Win32 error.</summary>
    internal static T Guard<T>(string operation, string path, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DiskException(DiskFailure.Denied, operation, path, e.Message, e);
        }
        catch (IOException e)
        {
            throw new DiskException(Classify(e.HResult & 0xFFFF), operation, path, e.Message, e);
        }
    }

    internal static DiskFailure Classify(int error) => error switch
    {
        112 or 39 => DiskFailure.Full,
        19 => DiskFailure.ReadOnly,
        2 or 3 => DiskFailure.NotFound,
        80 or 183 => DiskFailure.Exists,
        5 => DiskFailure.Denied,
        4 => DiskFailure.TooManyFiles,
        _ => DiskFailure.Failed,
    };

    [SupportedOSPlatform("windows")]
    private static string ReadRegistry(string key, string name) =>
        Convert.ToString(Registry.GetValue(key, name, ""), System.Globalization.CultureInfo.InvariantCulture) ?? "";

    private string Full(string path) => Path.Combine(_root, DiskPath.Check(path, allowRoot: true).Replace('/', '\\'));

    [StructLayout(LayoutKind.Sequential)]
    private struct Overlapped
    {
        public nint Internal, InternalHigh;
        public uint Offset, OffsetHigh;
        public nint Event;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)] // FILETIME is two 32-bit words
    private struct FileInformation
    {
        public uint Attributes;
        public long Created, Accessed, Written;
        public uint VolumeSerial, SizeHigh, SizeLow, Links, IndexHigh, IndexLow;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool LockFileEx(SafeFileHandle file, uint flags, uint reserved, uint low, uint high, ref Overlapped where);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandle(SafeFileHandle file, out FileInformation information);
}
