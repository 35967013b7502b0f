using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Files;

/// <summary>
/// System calls of Linux and macOS relative to an open folder. Names that are passed have no '/', so O_NOFOLLOW on each of them is as
/// strong as RESOLVE_BENEATH, works on every kernel, and has no limit on the length of a path. The macOS branches were not run.
/// </summary>
internal static unsafe partial class FolderCalls
{
    private const int StatBytes = 256;
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const int MaxLink = 8192;

    private static readonly bool Mac = OperatingSystem.IsMacOS();
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static int NoFollow => Mac ? 0x100 : Arm ? 0x8000 : 0x20000;

    public static int FolderOnly => Mac ? 0x100000 : Arm ? 0x4000 : 0x10000;

    /// <summary>A pipe that took the place of a file must not make open wait for a writer.</summary>
    public static int NonBlocking => Mac ? 4 : 0x800;

    private static int StatNoFollow => Mac ? 0x20 : 0x100;

    private static int RemoveDirectoryFlag => Mac ? 0x80 : 0x200;

    public static SafeFileHandle Open(SafeFileHandle folder, string name, int flags, int mode = 0)
    {
        int descriptor;
        do
        {
            // As in Libc.Open: Apple's arm64 wants variadic arguments on the stack.
            descriptor = Mac && Arm ? OpenAtVariadic(folder, name, flags, 0, 0, 0, 0, 0, mode) : OpenAt(folder, name, flags, mode);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Libc.Failure("open", name);
    }

    /// <summary>The entry's own facts; with name "" those of the open file itself. Null when there is no such name.</summary>
    public static FileFacts? TryStat(SafeFileHandle file, string name)
    {
        byte* raw = stackalloc byte[StatBytes];
        bool self = name.Length == 0;
        int result = !Mac ? StatX(file, name, self ? 0x1000 : StatNoFollow, BasicStats, raw)
            : self ? (Arm ? FStat(file, raw) : FStatInode64(file, raw))
            : Arm ? FStatAt(file, name, raw, StatNoFollow) : FStatAtInode64(file, name, raw, StatNoFollow);
        if (result != 0)
        {
            var error = Libc.Failure("stat", name);
            return error.Failure == DiskFailure.NotFound ? null : throw error;
        }

        return Facts(raw);
    }

    /// <summary>
    /// One file in four calls: open, read, stat, close. Tens of thousands of small files spend their time in here, so it takes bare
    /// descriptors: they cannot leak, nothing is between the calls.
    /// </summary>
    public static int ReadOnce(SafeFileHandle folder, string name, Span<byte> buffer, out FileFacts facts)
    {
        const int LongestName = 1024; // in bytes; what is longer no file system of these holds, and the name is told by the error
        Span<byte> text = stackalloc byte[LongestName];
        if (!Encoding.UTF8.TryGetBytes(name, text[..^1], out int length)) throw new DiskException(DiskFailure.NotFound, "open", name, "the name is too long");
        text[length] = 0;
        bool held = false;
        int descriptor = -1;
        try
        {
            folder.DangerousAddRef(ref held);
            int at = (int)folder.DangerousGetHandle();
            fixed (byte* path = text, start = buffer)
            {
                int flags = Libc.ReadOnlyFlags | NoFollow | NonBlocking;
                do descriptor = Mac && Arm ? OpenAtVariadic(at, path, flags, 0, 0, 0, 0, 0, 0) : OpenAt(at, path, flags, 0);
                while (descriptor < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
                if (descriptor < 0) throw Libc.Failure("open", name);
                nint read;
                do read = Read(descriptor, start, buffer.Length);
                while (read < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
                if (read < 0) throw Libc.Failure("read", name);
                byte* raw = stackalloc byte[StatBytes];
                byte empty = 0;
                int result = !Mac ? StatX(descriptor, &empty, 0x1000, BasicStats, raw) : Arm ? FStat(descriptor, raw) : FStatInode64(descriptor, raw);
                if (result != 0) throw Libc.Failure("stat", name);
                facts = Facts(raw);
                return (int)read;
            }
        }
        finally
        {
            if (descriptor >= 0) _ = Close(descriptor);
            if (held) folder.DangerousRelease();
        }
    }

    private static FileFacts Facts(byte* raw)
    {
        var s = new ReadOnlySpan<byte>(raw, StatBytes);
        int mode = BinaryPrimitives.ReadUInt16LittleEndian(s[(Mac ? 4 : 28)..]);
        var kind = (mode & 0xF000) switch { 0x8000 => EntryKind.File, 0xA000 => EntryKind.Link, 0x4000 => EntryKind.Folder, _ => EntryKind.Other };
        return new(kind, I64(s, Mac ? 96 : 40), Time(s, Mac ? 48 : 112), Time(s, Mac ? 64 : 96), (ulong)I64(s, Mac ? 8 : 32), mode & FileFacts.ModeMask);
    }

    public static IReadOnlyList<FolderEntry> List(SafeFileHandle folder)
    {
        // A second descriptor: reading a folder moves a position, and closedir closes what it was given.
        using var second = Open(folder, ".", Libc.ReadOnlyFlags | FolderOnly);
        int descriptor = (int)second.DangerousGetHandle();
        nint stream = Mac && !Arm ? FdOpenDirInode64(descriptor) : FdOpenDir(descriptor);
        if (stream == 0) throw Libc.Failure("list", "");
        second.SetHandleAsInvalid();
        try
        {
            var entries = new List<FolderEntry>();
            while (true)
            {
                byte* entry = Mac && !Arm ? ReadDirInode64(stream) : ReadDir(stream);
                if (entry is null)
                {
                    // The marshaller cleared errno before the call: still 0 means the end.
                    return Marshal.GetLastPInvokeError() == 0 ? entries : throw Libc.Failure("list", "");
                }

                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + (Mac ? 21 : 19));
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8)) continue;
                entries.Add(Decode(name));
            }
        }
        finally
        {
            _ = CloseDir(stream);
        }
    }

    public static string? ReadLink(SafeFileHandle folder, string name)
    {
        byte* buffer = stackalloc byte[MaxLink];
        nint length = ReadLinkAt(folder, name, buffer, MaxLink);
        if (length < 0) throw Libc.Failure("readlink", name);
        if (length == MaxLink) throw new DiskException(DiskFailure.Failed, "readlink", name, "the target is too long");
        return Decode(new ReadOnlySpan<byte>(buffer, (int)length)).Name;
    }

    public static void Check(int result, string operation, string name)
    {
        if (result != 0) throw Libc.Failure(operation, name);
    }

    public static void MakeFolder(SafeFileHandle folder, string name) => Check(MkdirAt(folder, name, FileFacts.ModeMask), "mkdir", name);

    public static void MakeLink(SafeFileHandle folder, string name, string target) => Check(SymlinkAt(target, folder, name), "symlink", name);

    public static void Rename(SafeFileHandle folder, string from, string to) => Check(RenameAt(folder, from, folder, to), "rename", to);

    public static void Remove(SafeFileHandle folder, string name, bool isFolder) => Check(UnlinkAt(folder, name, isFolder ? RemoveDirectoryFlag : 0), "unlink", name);

    public static void SetMode(SafeFileHandle file, int mode, string name) => Check(FChmod(file, mode & FileFacts.ModeMask), "chmod", name);

    /// <summary>With name "" the time of the open file itself; else of the entry, a link not followed.</summary>
    public static void SetTime(SafeFileHandle file, string name, long modified)
    {
        long* times = stackalloc long[4];
        times[0] = 0;
        times[1] = Mac ? -2 : 0x3FFFFFFE; // UTIME_OMIT: the access time stays
        times[2] = Math.DivRem(modified, 1_000_000_000, out long rest);
        if (rest < 0) (times[2], rest) = (times[2] - 1, rest + 1_000_000_000);
        times[3] = rest;
        Check(name.Length == 0 ? FUtimeNs(file, times) : UtimeNsAt(file, name, times, StatNoFollow), "utimens", name);
    }

    public static void SyncFileSystem(SafeFileHandle folder)
    {
        if (Mac) Sync();
        else Check(SyncFs(folder), "syncfs", "");
    }

    public static string RealPath(string path)
    {
        byte* resolved = RealPathCall(path, null);
        if (resolved is null) throw Libc.Failure("realpath", path);
        try
        {
            return Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(resolved)).Shown;
        }
        finally
        {
            NativeMemory.Free(resolved);
        }
    }

    private static FolderEntry Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            string text = Strict.GetString(name);
            return new(text, text);
        }
        catch (DecoderFallbackException)
        {
            return new(null, Encoding.UTF8.GetString(name)); // U+FFFD where it is broken
        }
    }

    private static long I64(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadInt64LittleEndian(s[at..]);

    private static long Time(ReadOnlySpan<byte> s, int at) => FileFacts.Nanoseconds(I64(s, at), BinaryPrimitives.ReadUInt32LittleEndian(s[(at + 8)..]));
}
