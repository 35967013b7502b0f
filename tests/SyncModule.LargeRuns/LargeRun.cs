using System.Diagnostics;
using System.Globalization;
using SyncModule.LargeRuns.Bits;
using SyncModule.LargeRuns.Devices;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;
using SyncModule.LargeRuns.Kills;
using SyncModule.LargeRuns.Merging;
using SyncModule.LargeRuns.Million;
using SyncModule.LargeRuns.Nonces;
using SyncModule.LargeRuns.Power;

namespace SyncModule.LargeRuns;

/// <summary>The command: one part, its options as `--name value`. Exit code 0: no violation. 1: violations, which were printed. 2: wrong arguments.</summary>
internal static class LargeRun
{
    private const string Usage = """
        failures [--stride N] [--first N] [--step NAME] [--call N] [--kind KIND]     a failure at every disk call
        convergence [--cases N] [--from SEED] [--threads N] [--progress FILE]        random histories in any order against the naive model
        devices [--operations N] [--seed N] [--seeds N] [--explained N]              three devices change, meet and lose what devices lose
        million [--items N] [--looks N] [--seed N] [--scratch DIR]     a vault of a million items, and a second one
        bits [--stride N] [--full-every N] [--file FILE[:BIT[-BIT]]] [--scratch DIR] every bit of a small vault flipped
        nonces [--sealings N] [--seed N]                                             no key and nonce twice; needs a build with -p:Sealings=true
        power [--images N] [--seed N] [--scratch DIR]                                power cuts on a real ext4; needs root and xfsprogs
        kills --mirord DLL [--scratch DIR] [--stride N] [--first N] [--step NAME] [--point CALL:N]     mirord killed at every call on its files
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
            "convergence" => RunConvergence(options),
            "devices" => RunDevices(options),
            "million" => RunMillion(options),
            "bits" => RunBits(options),
            "nonces" => RunNonces(options),
            "power" => RunPower(options),
            "kills" when options.ContainsKey("mirord") => RunKills(options),
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

    private static int RunConvergence(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        var run = new ConvergenceOptions(Number(options, "from", 0), Number(options, "cases", 1_000_000), Number(options, "threads", Environment.ProcessorCount), options.GetValueOrDefault("progress"), Print: true);
        var result = ConvergenceRun.Run(run);
        return End(result.Violations, FormattableString.Invariant(
            $"convergence from={run.From} cases={result.Cases:N0} with_records={result.Facts.WithRecords:N0} by_policy={result.Facts.ByPolicy:N0} refused={result.Facts.Refused:N0} hidden_by_trees={result.Facts.Hidden:N0} objects={result.Facts.Objects:N0} violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int RunDevices(Dictionary<string, string> options)
    {
        int first = Number(options, "seed", 1), seeds = Number(options, "seeds", 1), failed = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            var clock = Stopwatch.StartNew();
            var result = DeviceRun.Run(new(Number(options, "operations", 10_000), seed, Explained: Number(options, "explained", 0), Print: seeds == 1));
            if (result.Violation is { } violation) Console.WriteLine("VIOLATION " + violation);
            if (seeds == 1) Console.WriteLine("  " + string.Join(", ", result.Done.Select(d => FormattableString.Invariant($"{d.Key} {d.Value:N0}"))));
            failed += End(result.Violation is null ? [] : [result.Violation], FormattableString.Invariant(
                $"devices seed={seed} changes={result.Done.Values.Sum():N0} refused={result.Refusals:N0} operations={result.Applied:N0} rounds={result.Rounds:N0} records={result.Records:N0} checks={result.Checks} violations={(result.Violation is null ? 0 : 1)} wall={clock.Elapsed.TotalSeconds:F1}s"));
        }

        return failed > 0 ? 1 : 0;
    }

    private static int RunMillion(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        var result = MillionRun.Run(new MillionOptions(options.GetValueOrDefault("scratch") ?? Path.GetTempPath(), Number(options, "items", 1_000_000), Number(options, "looks", 10_000), Number(options, "seed", 1), Print: true));
        string steps = string.Join(' ', result.Steps.Select(s => FormattableString.Invariant($"{s.Step}={s.Seconds:F2}s")));
        return End(result.Violations, FormattableString.Invariant($"million items={result.Items:N0} {steps} peak={result.PeakMegabytes}MB violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int RunBits(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        var result = BitResult.Run(new BitOptions(Scratch(options), Number(options, "stride", 1), Number(options, "full-every", 511), Environment.ProcessorCount, options.GetValueOrDefault("file"), Print: true));
        return End(result.Violations, FormattableString.Invariant(
            $"bits flips={result.Files.Sum(f => f.Flips):N0} found_and_healed={result.Files.Sum(f => f.Found):N0} harmless={result.Files.Sum(f => f.Harmless):N0} refused={result.Files.Sum(f => f.Refused):N0} violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int RunNonces(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        int seed = Number(options, "seed", 1);
        if (NonceRun.Run(Number(options, "sealings", 1_000_000), seed) is not { } result)
        {
            Console.Error.WriteLine("This build does not tell of sealings: build it with -p:Sealings=true (tests/large.sh nonces).");
            return 2;
        }

        foreach (string violation in result.Violations.Take(10)) Console.WriteLine("VIOLATION " + violation);
        return End(result.Violations, FormattableString.Invariant(
            $"nonces seed={seed} sealings={result.Sealings:N0} keys={result.Keys:N0} same_again={result.SameAgain:N0} puts={result.Puts:N0} rounds={result.Rounds:N0} clones={result.Clones:N0} rollbacks={result.Rollbacks:N0} forks={result.Forks:N0} violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int RunPower(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        if (LoopDisk.Problem(Scratch(options)) is { } problem)
        {
            Console.Error.WriteLine("No disk can be made whose power can be cut: " + problem);
            return 2;
        }

        int seed = Number(options, "seed", 1);
        var result = PowerCuts.Run(Scratch(options), Number(options, "images", 200), seed, print: true);
        return End(result.Violations, FormattableString.Invariant(
            $"power seed={seed} images={result.Images:N0} steps={result.Steps:N0} vaults={result.Lives:N0} acknowledged={result.Acknowledged:N0} before_founding={result.Unfounded:N0} violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    private static int RunKills(Dictionary<string, string> options)
    {
        var clock = Stopwatch.StartNew();
        var result = KillSweep.Run(new KillOptions(
            Path.GetFullPath(options["mirord"]), Scratch(options), Number(options, "stride", 1), Number(options, "first", 0), options.GetValueOrDefault("step"),
            options.TryGetValue("point", out string? point) ? KillPoint.Parse(point) : null, Print: true));
        return End(result.Violations, FormattableString.Invariant(
            $"kills steps={result.Steps} runs={result.Runs:N0} killed={result.Killed:N0} at_files={result.AtFiles:N0} places={result.Places:N0} violations={result.Violations.Count} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    // In memory where that can be had.
    private static string Scratch(Dictionary<string, string> options) =>
        options.GetValueOrDefault("scratch") ?? (Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath());

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
