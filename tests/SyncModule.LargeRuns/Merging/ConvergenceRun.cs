using System.Diagnostics;
using System.Globalization;
using SyncModule.Core.Tests.Merging;

namespace SyncModule.LargeRuns.Merging;

/// <summary>Seeds From … From + Cases − 1. <paramref name="Progress"/>: a file that holds the next seed, so that a run which was ended goes on there.</summary>
internal sealed record ConvergenceOptions(int From = 0, int Cases = 1_000_000, int Threads = 1, string? Progress = null, bool Print = false);

/// <summary>Counts of a run. Violations begin with their seed, with which one is run again (--from SEED --cases 1).</summary>
internal sealed record ConvergenceResult(long Cases, CaseFacts Facts, IReadOnlyList<string> Violations);

/// <summary>
/// The checks of the tests of merging (<see cref="ConvergenceChecks"/>) for as many random histories as one likes: any order of delivery, parts, joins and
/// their laws, records, trees. A lot of seeds is done, and its counts are kept, before the next begins.
/// </summary>
internal static class ConvergenceRun
{
    private const int Lot = 10_000;
    private const int MostViolations = 100;

    public static ConvergenceResult Run(ConvergenceOptions options)
    {
        var clock = Stopwatch.StartNew();
        var (next, facts) = Resume(options);
        var violations = new List<string>();
        int end = checked(options.From + options.Cases);
        while (next < end && violations.Count < MostViolations)
        {
            int until = Math.Min(end, next + Lot);
            var gate = new Lock();
            Parallel.For(next, until, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, seed =>
            {
                try
                {
                    var one = ConvergenceChecks.All(seed);
                    lock (gate) facts = facts.Plus(one);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    lock (gate) violations.Add(e is ConvergenceException ? e.Message : $"seed {seed}: {e}");
                }
            });
            next = until;
            if (options.Progress is { } file && violations.Count == 0) File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{next} {facts.WithRecords} {facts.ByPolicy} {facts.Refused} {facts.Hidden} {facts.Objects}\n"));
            if (options.Print) Console.WriteLine(FormattableString.Invariant($"  seeds below {next:N0}: violations={violations.Count} wall={clock.Elapsed.TotalSeconds:F0}s"));
        }

        foreach (string violation in violations) Console.WriteLine("VIOLATION " + violation);
        return new(next - options.From, facts, violations);
    }

    // Where the run before was ended; a range of seeds that it has nothing to do with begins anew.
    private static (int Next, CaseFacts Facts) Resume(ConvergenceOptions options)
    {
        var none = (options.From, new CaseFacts(0, 0, 0));
        if (options.Progress is not { } file || !File.Exists(file)) return none;
        long[] kept = [.. File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
        if (kept.Length != 6 || kept[0] < options.From || kept[0] > options.From + options.Cases) return none;
        return ((int)kept[0], new(kept[1], kept[2], kept[3]) { Hidden = kept[4], Objects = kept[5] });
    }
}
