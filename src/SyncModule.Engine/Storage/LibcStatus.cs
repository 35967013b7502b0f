using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SyncModule.Engine.Storage;

/// <summary>Kind, length, inode and birth time of a file, as stat reports them.</summary>
internal readonly record struct FileStatus(bool IsFolder, long Length, ulong Inode, ulong BirthSeconds, uint BirthNanoseconds);

/// <summary>Type and flags of a mounted file system. <paramref name="Magic"/> is Linux's number, <paramref name="Name"/> macOS's.</summary>
internal readonly record struct MountStatus(long Magic, string Name, bool IsReadOnly, bool IsLocal);

internal static unsafe partial class Libc
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint BasicAndBirth = 0xFFF; // STATX_BASIC_STATS | STATX_BTIME
    private const int FolderKind = 0x4000, KindMask = 0xF000;

    /// <summary>Null when there is no such file. Linux: statx, whose layout is the same on every processor; macOS: stat.</summary>
    public static FileStatus? TryStat(string fullPath, string path)
    {
        byte* raw = stackalloc byte[256];
        var s = new ReadOnlySpan<byte>(raw, 256);
        int result = Mac
            ? RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Stat(fullPath, raw) : StatInode64(fullPath, raw)
            : Statx(CurrentFolder, fullPath, 0, BasicAndBirth, raw);
        if (result != 0)
        {
            return Missing ? null : throw Failure("stat", path); // an absent file is an answer, asked for at each append
        }

        return Mac
            ? new((U16(s, 4) & KindMask) == FolderKind, (long)U64(s, 96), U64(s, 8), U64(s, 80), U32(s, 88))
            : new((U16(s, 28) & KindMask) == FolderKind, (long)U64(s, 40), U64(s, 32), U64(s, 80), U32(s, 88));
    }

    public static MountStatus StatMount(string fullPath)
    {
        byte* raw = stackalloc byte[4096]; // 120 bytes on Linux, 2168 on macOS
        var s = new ReadOnlySpan<byte>(raw, 4096);
        int result = !Mac || RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Statfs(fullPath, raw) : StatfsInode64(fullPath, raw);
        if (result != 0) throw Failure("statfs", "");
        if (!Mac) return new(BinaryPrimitives.ReadInt64LittleEndian(s), "", (U64(s, 80) & 1) != 0, IsLocal: true);
        ReadOnlySpan<byte> name = s.Slice(72, 16);
        int end = name.IndexOf((byte)0);
        return new(0, Encoding.ASCII.GetString(end < 0 ? name : name[..end]), (U32(s, 64) & 1) != 0, (U32(s, 64) & 0x1000) != 0);
    }

    /// <summary>macOS only: a string-valued kernel variable; "" when there is none.</summary>
    public static string SysctlText(string name)
    {
        byte* raw = stackalloc byte[128];
        nint length = 128;
        return Sysctl(name, raw, &length, null, 0) == 0 ? Encoding.ASCII.GetString(raw, (int)length).TrimEnd('\0') : "";
    }

    /// <summary>macOS only: the machine's own id.</summary>
    public static string HostUuid()
    {
        byte* raw = stackalloc byte[16];
        long* wait = stackalloc long[2];
        wait[0] = 5;
        wait[1] = 0;
        return GetHostUuid(raw, wait) == 0 ? Convert.ToHexStringLower(new ReadOnlySpan<byte>(raw, 16)) : "";
    }

    private static ushort U16(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadUInt16LittleEndian(s[at..]);

    private static uint U32(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadUInt32LittleEndian(s[at..]);

    private static ulong U64(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadUInt64LittleEndian(s[at..]);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatInode64(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statfs(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "statfs$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatfsInode64(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "sysctlbyname", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Sysctl(string name, byte* value, nint* length, byte* newValue, nint newLength);

    [LibraryImport("libc", EntryPoint = "gethostuuid", SetLastError = true)]
    private static partial int GetHostUuid(byte* id, long* wait);
}
