using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// How a connection waits for a lock that another one holds. SQLite's own handler (sqlite3_busy_timeout) sleeps whole seconds in builds
/// without usleep, and the bundled one is such a build: two processes that met would both stand still for a second or two.
/// </summary>
internal static unsafe partial class BusyWait
{
    /// <summary>Asked again at once so often: most transactions are shorter than any sleep.</summary>
    private const int Yields = 4;

    private const int Milliseconds = 2;

    /// <summary>Makes the connection wait in small steps, in all about <paramref name="deadline"/>; then the call fails as busy.</summary>
    public static void Set(sqlite3 db, TimeSpan deadline)
    {
        _ = BusyHandler(db.DangerousGetHandle(), &Wait, (nint)deadline.TotalMilliseconds);
        GC.KeepAlive(db);
    }

    /// <summary>Milliseconds to sleep before asking for the <paramref name="count"/>th time; 0 = only let others run; null = the deadline is over.</summary>
    internal static int? Pause(int count, long deadline) =>
        count < Yields ? 0 : (count - Yields) * (long)Milliseconds < deadline ? Milliseconds : null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Wait(nint deadline, int count)
    {
        if (Pause(count, deadline) is not { } pause) return 0;
        if (pause == 0) Thread.Yield();
        else Thread.Sleep(pause);
        return 1;
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_busy_handler")]
    private static partial int BusyHandler(nint db, delegate* unmanaged[Cdecl]<nint, int, int> handler, nint argument);
}
