using System.Runtime.InteropServices;

namespace SyncModule.Commands.Syncing;

/// <summary>
/// Gives memory that is free back to the system while a follow goes on for days. On Linux the C library keeps what the runtime's compiler
/// takes and frees, up to its peak in each of its arenas, and nobody else would ask for it (docs/decisions/047).
/// </summary>
internal static partial class NativeMemory
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(20);

    private static Timer? _timer;
    private static int _armed;

    /// <summary>Once, a little later; asked again meanwhile it is still once. Nothing wakes up where nothing happens.</summary>
    public static void ReturnSoon()
    {
        if (!OperatingSystem.IsLinux() || Interlocked.Exchange(ref _armed, 1) != 0) return;
        _timer ??= new Timer(_ => Return());
        _timer.Change(After, Timeout.InfiniteTimeSpan);
    }

    private static void Return()
    {
        Volatile.Write(ref _armed, 0);
        try
        {
            _ = Trim(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library, which does not keep as much.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
