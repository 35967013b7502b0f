using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// SQLite's file layer of this system with another sleep. A reader that meets a checkpoint or a new beginning of the write-ahead log of
/// another process waits by the layer's own sleep, and the bundled build, which has no usleep, sleeps a whole second for each microsecond asked for:
/// a followed peer stood still for a second (docs/decisions/052). See also <see cref="BusyWait"/>.
/// </summary>
internal static unsafe partial class PatientVfs
{
    private const string Chosen = "syncmodule";
    private const int KnownVersion = 3;

    // Never freed: SQLite keeps it for the life of the process.
    private static readonly Lazy<string?> Registered = new(Register);

    /// <summary>Its name for sqlite3_open_v2; null, the system's own, on Windows, whose sleep is one of milliseconds.</summary>
    public static string? Name => Registered.Value;

    /// <summary>What SQLite calls: sleeps at least so long and gives the time for which it did, both in microseconds.</summary>
    internal static int SleepBy(string? name, int microseconds) => Find(name) is var vfs && vfs is not null
        ? ((delegate* unmanaged[Cdecl]<Vfs*, int, int>)vfs->Sleep)(vfs, microseconds) : throw new InvalidOperationException($"SQLite has no file layer '{name}'.");

    private static string? Register()
    {
        if (OperatingSystem.IsWindows()) return null;
        var own = Find(null);
        if (own is null || own->Version < 1) return null;
        var copy = (Vfs*)NativeMemory.AllocZeroed((nuint)sizeof(Vfs));
        // A later version has fields behind the known ones, which an earlier one does not promise to anybody.
        NativeMemory.Copy(own, copy, (nuint)(own->Version switch { 1 => Marshal.OffsetOf<Vfs>(nameof(Vfs.CurrentTime64)), 2 => Marshal.OffsetOf<Vfs>(nameof(Vfs.SetSystemCall)), _ => sizeof(Vfs) }));
        copy->Version = Math.Min(own->Version, KnownVersion);
        copy->Next = 0;
        copy->Name = Marshal.StringToCoTaskMemUTF8(Chosen);
        copy->Sleep = (nint)(delegate* unmanaged[Cdecl]<Vfs*, int, int>)&Sleep;
        return RegisterVfs(copy, 0) == 0 ? Chosen : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(Vfs* vfs, int microseconds)
    {
        int milliseconds = Math.Max(1, (microseconds + 999) / 1000);
        Thread.Sleep(milliseconds);
        return milliseconds * 1000;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find", StringMarshalling = StringMarshalling.Utf8)]
    private static partial Vfs* Find(string? name);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_vfs_register")]
    private static partial int RegisterVfs(Vfs* vfs, int asDefault);

    /// <summary>sqlite3_vfs of sqlite3.h, version 3.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vfs
    {
        public int Version, FileSize, LongestPath;
        public nint Next, Name, AppData, Open, Delete, Access, FullPath, LoadLibrary, LibraryError, LibrarySymbol, CloseLibrary, Randomness, Sleep, CurrentTime, LastError;
        public nint CurrentTime64;
        public nint SetSystemCall, GetSystemCall, NextSystemCall;
    }
}
