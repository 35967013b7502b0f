using System.Runtime.InteropServices;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Buffers;

/// <summary>
/// Whole pages straight from the system and straight back to it. An allocator would keep what is freed, a part for each thread: after some imports
/// a process would hold several times what it ever used at once.
/// </summary>
internal static unsafe class SystemPages
{
    private const int ReadWrite = 3;            // PROT_READ | PROT_WRITE
    private const int PrivateLinux = 0x22;      // MAP_PRIVATE | MAP_ANONYMOUS
    private const int PrivateDarwin = 0x1002;

    /// <summary>Zeroed memory that begins at a page.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static byte* Take(int size)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return (byte*)NativeMemory.AlignedAlloc((nuint)size, Block.Alignment);
        nint start = Libc.Map(0, (nuint)size, ReadWrite, OperatingSystem.IsLinux() ? PrivateLinux : PrivateDarwin, -1, 0);
        return start != -1 ? (byte*)start : throw new InvalidOperationException("The system gives no more memory");
    }

    public static void GiveBack(byte* start, int size)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) NativeMemory.AlignedFree(start);
        else _ = Libc.Unmap((nint)start, (nuint)size); // fails for addresses that were never mapped only
    }
}
