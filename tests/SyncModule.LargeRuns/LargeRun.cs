using System.Diagnostics;
using System.Globalization;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;
using SyncModule.LargeRuns.Million;

namespace SyncModule.LargeRuns;

/// <summary>The command: one part, its options as `--name value`. Exit code 0: no violation. 1: violations, which were printed. 2: wrong arguments.</summary>
internal static class LargeRun
{
    private const string Usage = """
        failures [--stride N] [--first N] [--step NAME] [--call N] [--kind KIND]     a failure at every disk call
        million [--items N] [--looks N] [--seed N] [--scratch DIR]     a vault of a million items, and a second one
        """;

    public static int Run(string[] args)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 1; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length) return Wrong();
            options[args[i][2..]] = args[i + 1];
        }

        return args.FirstOrDefault() switch
        {
            "failures" => RunFailures(options),
            "million" => RunMillion(options),
            _ => Wrong(),
        };
    }

    private static int RunFailures(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        var result = FailureSweep.Run(new SweepOptions(
            Number(options, "stride", 1), Number(options, "first", 0), Environment.ProcessorCount, options.GetValueOrDefault("step"),
            options.TryGetValue("call", out string? call) ? long.Parse(call, CultureInfo.InvariantCulture) : null,
            options.TryGetValue("kind", out string? kind) ? Enum.Parse<FaultKind>(kind) : null, Print: true));
        return End(result.Violations, FormattableString.Invariant(
            $"failures steps={result.Steps} calls={result.Calls:N0} failures={result.Trials:N0} refused={result.Refused:N0} violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int RunMillion(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        var result = MillionRun.Run(new MillionOptions(options.GetValueOrDefault("scratch") ?? Path.GetTempPath(), Number(options, "items", 1_000_000), Number(options, "looks", 10_000), Number(options, "seed", 1), Print: true));
        string steps = string.Join(' ', result.Steps.Select(s => FormattableString.Invariant($"{s.Step}={s.Seconds:F2}s")));
        return End(result.Violations, FormattableString.Invariant($"million items={result.Items:N0} {steps} peak={result.PeakMegabytes}MB violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int Number(Dictionary<string, string> options, string name, int otherwise) =>
        options.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static int End(IReadOnlyList<string> violations, string summary)
    {
        Console.WriteLine(summary);
        return violations.Count == 0 ? 0 : 1;
    }

    private static int Wrong()
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
}
