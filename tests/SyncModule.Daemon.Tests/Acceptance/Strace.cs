using System.Diagnostics;
using System.Globalization;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>What a run did under strace: how it ended, and its traced calls in their order, descriptors with their paths.</summary>
public sealed record TracedRun(MirordResult Result, IReadOnlyList<string> Calls)
{
    public const string Injected = "(INJECTED)";

    /// <summary>A flush of the log or of a pack failed: of what an acknowledgement stands on.</summary>
    public bool DataFailed => Calls.Any(c => c.Contains(Injected, StringComparison.Ordinal) && (IsLog(c) || c.Contains("/packs", StringComparison.Ordinal)));

    public int Failures => Calls.Count(c => c.Contains(Injected, StringComparison.Ordinal));

    /// <summary>Bytes written to a log after a flush of the log had failed: what is signed is written there and nowhere else.</summary>
    public IEnumerable<string> WrittenAfterTheFailure() =>
        Calls.SkipWhile(c => !(c.Contains(Injected, StringComparison.Ordinal) && IsLog(c))).Where(c => c.Contains("pwrite", StringComparison.Ordinal) && IsLog(c));

    private static bool IsLog(string call) => call.Contains(".log>", StringComparison.Ordinal) || call.Contains("/log>", StringComparison.Ordinal);
}

/// <summary>Runs the program with failing flushes (strace's fault injection).</summary>
internal static class Strace
{
    /// <param name="machine">Whose vault.</param>
    /// <param name="call">fsync, fdatasync or sync_file_range.</param>
    /// <param name="first">The first call that fails; all later ones fail too, as on a dying disk.</param>
    /// <param name="command">The command, then what stands after VAULT.</param>
    public static TracedRun Run(Machine machine, string call, int first, params string[] command) => Run(machine, $"{call}:error=EIO:when={first}+", command);

    /// <summary>Only one call fails.</summary>
    public static TracedRun RunOnce(Machine machine, string call, int which, params string[] command) => Run(machine, $"{call}:error=EIO:when={which}", command);

    private static TracedRun Run(Machine machine, string failing, string[] command)
    {
        string trace = machine.Vault + ".trace";
        var start = new ProcessStartInfo("strace") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in machine.Environment) start.Environment[name] = value;
        // strace counts calls thread by thread.
        string[] arguments = ["-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync,sync_file_range,pwrite64", "-e", "inject=" + failing, "dotnet", Mirord.Program, command[0], machine.Vault, .. command[1..]];
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = new RunningMirord(Process.Start(start)!);
        return new TracedRun(process.End(), File.ReadAllLines(trace));
    }

    /// <summary>From when this returns, every flush of the running process fails; see <see cref="FailingFlushes.End"/>.</summary>
    public static FailingFlushes Attach(RunningMirord running, string trace, string call)
    {
        string[] arguments = ["-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync,sync_file_range,pwrite64", "-e", $"inject={call}:error=EIO", "-p", running.Id.ToString(CultureInfo.InvariantCulture)];
        var strace = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true })!;
        var told = strace.StandardError.ReadLineAsync();
        Assert.True(told.Wait(Mirord.Patience), "strace did not attach");
        Assert.Contains("attached", told.Result, StringComparison.Ordinal);
        return new FailingFlushes(strace, running, trace);
    }
}

/// <summary>A disk that dies under a running process.</summary>
internal sealed class FailingFlushes(Process strace, RunningMirord running, string trace) : IDisposable
{
    /// <summary>Waits until the process has ended by itself.</summary>
    public TracedRun End()
    {
        var result = running.End();
        Assert.True(strace.WaitForExit(Mirord.Patience), "strace did not end with the process it watched");
        return new TracedRun(result, File.ReadAllLines(trace));
    }

    public void Dispose()
    {
        if (!strace.HasExited) strace.Kill();
        strace.WaitForExit();
        strace.Dispose();
    }
}
