using System.Diagnostics;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Waits for something that another process does. Only the deadline is a failure; how long it took is not looked at.</summary>
internal static class Poll
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    public static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Mirord.Patience, "waited in vain for " + what);
            never.Wait(Pause);
        }
    }
}
