using System.Runtime.InteropServices;

namespace SyncModule.Benchmarks.Machine;

/// <summary>
/// A virtual machine may hand free pages back to its host after a few idle seconds; touching them again then costs more than the
/// work that is measured, and whoever runs first pays. So a run of ours and of a rival alike begins with memory that was touched
/// and freed a moment before.
/// </summary>
internal static unsafe partial class MemoryWarmth
{
    private const int Page = 4096;

    public static void TouchAndFree(long bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Page);
        for (long i = 0; i < bytes; i += Page) memory[i] = 1;
        NativeMemory.AlignedFree(memory);
    }

    /// <summary>Writes out what is dirty, so that no run pays for the one before; nothing on Windows.</summary>
    public static void SyncDisks()
    {
        if (!OperatingSystem.IsWindows()) Sync();
    }

    /// <summary>Reads files once, so that they are in the page cache.</summary>
    public static void ReadThrough(string fileOrFolder)
    {
        byte[] buffer = new byte[1 << 20];
        var files = Directory.Exists(fileOrFolder) ? Directory.EnumerateFiles(fileOrFolder, "*", SearchOption.AllDirectories) : [fileOrFolder];
        foreach (string file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            while (stream.Read(buffer) > 0)
            {
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void Sync();
}
