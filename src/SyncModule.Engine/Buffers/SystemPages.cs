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

    /// <summary>Memory that begins at a page, with anything in it.</summary>
    /// <exception cref="OutOfMemoryException">There is none.</exception>
    public static byte* Take(int size)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return (byte*)NativeMemory.AlignedAlloc((nuint)size, Block.Alignment);
        nint start = Libc.Map(0, (nuint)size, ReadWrite, OperatingSystem.IsLinux() ? PrivateLinux : PrivateDarwin, -1, 0);
#pragma warning disable MA0012 // what the allocator of the other systems throws
        return start != -1 ? (byte*)start : throw new OutOfMemoryException();
#pragma warning restore MA0012
    }

    public static void GiveBack(byte* start, int size)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) NativeMemory.AlignedFree(start);
        else _ = Libc.Unmap((nint)start, (nuint)size); // fails for addresses that were never mapped only
    }
}
