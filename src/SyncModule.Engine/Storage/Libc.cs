using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SyncModule.Engine.Storage;

/// <summary>
/// The system calls of Linux and macOS that storage stands on, called directly because .NET's own file API returns normally when
/// fsync fails. Only 64-bit processes: off_t is 64 bits there. The macOS branches were not run.
/// </summary>
internal static unsafe partial class Libc
{
    public const int Interrupted = 4; // EINTR
    public const int LockShared = 1, LockExclusive = 2, LockNonBlocking = 4;
    public const int AccessExists = 0, AccessWrite = 2;
    private const int FullFsync = 51; // macOS F_FULLFSYNC

    private static readonly bool Mac = OperatingSystem.IsMacOS();

    public static int ReadOnlyFlags => Mac ? 0x1000000 : 0x80000; // O_RDONLY | O_CLOEXEC

    public static int ReadWriteFlags => ReadOnlyFlags | 2;

    public static int CreateFlag => Mac ? 0x200 : 0x40;

    public static int ExclusiveFlag => Mac ? 0x800 : 0x80;

    /// <summary>O_DIRECT of Linux: transfers between the caller's memory and the disk, past the page cache.</summary>
    public static int DirectFlag => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    /// <summary>open(2) with the mode given from the first byte. Returns a descriptor or -1.</summary>
    public static int Open(string path, int flags, int mode)
    {
        int descriptor;
        do
        {
            // open is variadic. Apple's arm64 passes variadic arguments on the stack, so the six remaining argument registers are filled first.
            descriptor = Mac && RuntimeInformation.ProcessArchitecture == Architecture.Arm64
                ? OpenVariadic(path, flags, 0, 0, 0, 0, 0, 0, mode)
                : OpenPlain(path, flags, mode);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return descriptor;
    }

    /// <summary>Content and length to stable storage: fdatasync, on macOS F_FULLFSYNC (its fsync stops at the drive's cache).</summary>
    public static int SyncData(SafeFileHandle file) => Mac ? Fcntl(file, FullFsync) : FdatasyncPlain(file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPlain(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenVariadic(string path, int flags, nint a, nint b, nint c, nint d, nint e, nint f, nint mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle file, int command);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FdatasyncPlain(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(SafeFileHandle file);

    /// <summary>Linux only. Begins to write dirty pages and waits for none; an error is the write's own, and no later call tells of it.</summary>
    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint Pread(SafeFileHandle file, byte* buffer, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint Pwrite(SafeFileHandle file, byte* buffer, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Ftruncate(SafeFileHandle file, long length);

    /// <summary>Linux only.</summary>
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mkdir(string path, int mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    /// <summary>mmap(2); -1 when it failed.</summary>
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint length);

    /// <summary>What an errno of this system means to a caller.</summary>
    public static DiskFailure Classify(int errno) => errno switch
    {
        28 or 27 => DiskFailure.Full, // ENOSPC, EFBIG
        _ when errno == (Mac ? 69 : 122) => DiskFailure.Full, // EDQUOT
        30 => DiskFailure.ReadOnly, // EROFS
        2 or 20 => DiskFailure.NotFound, // ENOENT, ENOTDIR
        17 => DiskFailure.Exists, // EEXIST
        13 or 1 => DiskFailure.Denied, // EACCES, EPERM
        24 or 23 => DiskFailure.TooManyFiles, // EMFILE, ENFILE
        _ => DiskFailure.Failed,
    };

    /// <summary>The exception for the call that just failed; read errno before anything else runs.</summary>
    public static DiskException Failure(string operation, string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new DiskException(Classify(errno), operation, path, Marshal.GetPInvokeErrorMessage(errno));
    }

    /// <summary>True when the last call found nothing under its path.</summary>
    public static bool Missing => Classify(Marshal.GetLastPInvokeError()) == DiskFailure.NotFound;

    /// <summary>True when the last call would have had to wait for a lock (EWOULDBLOCK).</summary>
    public static bool WouldBlock => Marshal.GetLastPInvokeError() == (Mac ? 35 : 11);

    /// <summary>True when the file system does not know the call: EOPNOTSUPP, ENOTSUP, ENOSYS, EINVAL.</summary>
    public static bool Unsupported => Marshal.GetLastPInvokeError() is 22 or 38 or 45 or 95 or 102 or 78;
}
