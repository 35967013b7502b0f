using System.Diagnostics;
using System.Globalization;
using SyncModule.Simulation;

// simulate [--from N] [--seeds N] [--seconds S] [--threads N] [--trace] [--until-found]
// Exit code 0: no violation. 1: the violation, its seed and the command that replays it are printed. 2: wrong arguments.
ulong from = 1;
int seeds = 1000, seconds = int.MaxValue, threads = Math.Min(2, Environment.ProcessorCount);
bool trace = false, untilFound = false;
for (int i = 0; i < args.Length; i++)
{
    bool hasNumber = i + 1 < args.Length && ulong.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
    switch (args[i])
    {
        case "simulate": break;
        case "--trace": trace = true; break;
        case "--until-found": untilFound = true; break;
        case "--from" when hasNumber: from = ulong.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--seeds" when hasNumber: seeds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--seconds" when hasNumber: seconds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--threads" when hasNumber: threads = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        default:
            Console.Error.WriteLine("simulate [--from N] [--seeds N] [--seconds S] [--threads N] [--trace] [--until-found]");
            return 2;
    }
}

var wall = Stopwatch.StartNew();
// The seeds that once found something come first, unless some others were asked for.
IReadOnlyList<ulong> chosen = [.. from == 1 ? Seeds.Regressions.Where(s => s > (ulong)seeds) : [], .. Enumerable.Range(0, seeds).Select(i => from + (ulong)i)];
var summary = Batch.Run(chosen, seconds, trace ? 1 : threads, trace, untilFound);
foreach (var failed in summary.Failed.OrderBy(f => f.Seed))
{
    Console.WriteLine(FormattableString.Invariant($"VIOLATION seed={failed.Seed} {failed.Violation!.Message}"));
    Console.WriteLine(FormattableString.Invariant($"  replay: dotnet run --project tests/SyncModule.Simulation -c Release -- --from {failed.Seed} --seeds 1 --trace"));
}

Console.WriteLine(FormattableString.Invariant(
    $"simulation seeds={summary.Seeds:N0} steps={summary.Steps:N0} puts={summary.Puts:N0} parts={summary.Parts:N0} transactions={summary.Transactions:N0} checkpoints={summary.Checkpoints:N0} pruned={summary.Pruned:N0} sessions={summary.Sessions:N0} resumed={summary.Resumed:N0} tampered={summary.Tampered:N0} crashes={summary.Crashes:N0} refusals={summary.Refusals:N0} violations={summary.Failed.Count} replay_mismatch={summary.Mismatches} wall={wall.Elapsed.TotalSeconds:F1}s"));
return summary.Failed.Count == 0 && summary.Mismatches == 0 ? 0 : 1;
