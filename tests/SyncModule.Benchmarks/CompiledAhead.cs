using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SyncModule.Tests.Shared;

namespace SyncModule.Benchmarks;

/// <summary>
/// What is measured is what is shipped: `build.ps1 Pack` compiles mirord ahead (docs/decisions/031), so the benchmark publishes itself in
/// the same way and goes on there. Where that cannot be done it says so and measures what was built.
/// </summary>
internal static class CompiledAhead
{
    private const string Variable = "SYNCMODULE_BENCHMARK_AHEAD";

    /// <summary>True in the published program.</summary>
    public static bool IsThis => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>Runs the same command in a program that was compiled ahead; its exit code, or null where it cannot be made.</summary>
    public static int? Run(string[] args)
    {
        string folder = Path.Combine(Repository.Root, "output", "benchmarks");
        string project = Path.Combine(Repository.Root, "tests", "SyncModule.Benchmarks");
        Console.Error.WriteLine("compiling ahead, as Pack does …");
        using (var publish = Start(
            ["publish", project, "-c", "Release", "--use-current-runtime", "--self-contained", "false", "-p:PublishReadyToRun=true", "-v", "quiet", "-nologo", "-o", folder],
            redirect: true))
        {
            string said = publish.StandardOutput.ReadToEnd();
            publish.WaitForExit();
            if (publish.ExitCode != 0)
            {
                Console.Error.WriteLine($"That failed, so what was built is measured, which is slower at first: {said.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.Ordinal))?.Trim()}");
                return null;
            }
        }

        // The terminal interrupts both, and the other one tidies up; what is sent to this process alone is handed on.
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var ahead = Start([Path.Combine(folder, "SyncModule.Benchmarks.dll"), .. args], redirect: false);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            using var kill = Process.Start("kill", ["-TERM", ahead.Id.ToString(CultureInfo.InvariantCulture)]);
        });
        ahead.WaitForExit();
        return ahead.ExitCode;
    }

    private static Process Start(string[] arguments, bool redirect)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = redirect };
        start.Environment[Variable] = "1";
        return Process.Start(start)!;
    }
}
