using System.Diagnostics;
using System.Globalization;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Kills;

/// <summary>What a sweep does: each call of each step, or with a <paramref name="Stride"/> every so-manieth, from number <paramref name="First"/> on.</summary>
/// <param name="Mirord">Path of mirord.dll.</param>
/// <param name="Scratch">An existing folder; a file system in memory is faster and as good, as a kill loses nothing of what was written.</param>
internal sealed record KillOptions(string Mirord, string Scratch, int Stride = 1, int First = 0, string? Step = null, KillPoint? Point = null, bool Print = false);

/// <summary>Killed: runs that ended so; the others made fewer calls. AtFiles: kills before a call on one of the machine's own files; Places: how many different ones of those, by step, name and how-manieth.</summary>
internal sealed record KillResult(int Steps, int Runs, int Killed, int AtFiles, int Places, IReadOnlyList<string> Violations);

/// <summary>
/// `mirord` killed from outside before every call that writes, syncs, renames, closes, cuts or removes a file of its vault or of its state
/// outside the vault. Each command of the workload is watched once; then it is run again and again, and killed one call later each time,
/// until runs end before that. The vault goes on living for some time: after every kill it is opened and has to hold what
/// <see cref="Stage.Check"/> says.
/// </summary>
internal sealed class KillSweep(KillOptions options)
{
    // Kills that one vault lives through. Steps that leave a pack or more behind make later runs longer and longer, and those whose calls
    // grow with the packs would never make fewer than the next number.
    private const int MostTrials = 16;

    // So many runs in a row that made fewer calls end the sweep of a name.
    private const int Enough = 2;

    // The runtime makes a few calls more in one run than in another.
    private const int Drift = 2;

    // The runtime closes so many files while it starts, in another thread, that the vault's would never be the first to reach a number.
    private const string Hidden = "close";

    private readonly List<string> _violations = [];
    private readonly HashSet<(string Step, string Call, int Own)> _places = [];
    private int _runs, _killed, _atFiles, _steps;
    private IReadOnlyList<string> _files = []; // the machine's files that have the same names in every run

    public static KillResult Run(KillOptions options)
    {
        var sweep = new KillSweep(options);
        foreach (var step in KillStep.All.Where(s => options.Step is null || options.Step == s.Name)) sweep.Sweep(step);
        return new(sweep._steps, sweep._runs, sweep._killed, sweep._atFiles, sweep._places.Count, sweep._violations);
    }

    private void Sweep(KillStep step)
    {
        var clock = Stopwatch.StartNew();
        var (runs, killed, files) = (_runs, _killed, _atFiles);
        var stage = new Stage(options.Scratch, step);
        try
        {
            if (options.Point is { } only) Kill(step, ref stage, only);
            else Watch(step, stage).ForEach(first => Sweep(step, ref stage, first));
        }
        finally
        {
            stage.Dispose();
        }

        _steps++;
        if (options.Print) Console.WriteLine(FormattableString.Invariant($"  {step.Name,-18} runs={_runs - runs:N0} killed={_killed - killed:N0} at_files={_atFiles - files:N0} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    // One name of a call: from the first that concerns the machine's files until runs make fewer than that. One run alone may: the first
    // in a new vault, or one whose threads came in another order.
    private void Sweep(KillStep step, ref Stage stage, KillPoint first)
    {
        int number = Math.Max(1, first.Number - Drift) + (options.First % options.Stride);
        if (first.Call == Hidden) number = 1 + (options.First % options.Stride);
        for (int ended = 0; ended < Enough; number += options.Stride) ended = Kill(step, ref stage, first with { Number = number }) ? 0 : ended + 1;
    }

    // The first run may differ from later ones, for example by making files; the second is watched.
    private List<KillPoint> Watch(KillStep step, Stage stage)
    {
        for (int i = 0; i < 2; i++)
        {
            step.Act(stage, new WatchedProgram(options.Mirord, stage.Desk, null, []));
            stage.Check();
        }

        string root = stage.Desk.Root + "/";
        _files = [.. OwnCalls(stage.Desk).SelectMany(c => c.Call.Line.Split('<', '>', '"')).Where(p => p.StartsWith(root, StringComparison.Ordinal) && !p.EndsWith(".pack", StringComparison.Ordinal)).Select(p => p[root.Length..]).Distinct()];

        return [.. OwnCalls(stage.Desk).GroupBy(c => c.Call.Call, StringComparer.Ordinal).Select(g => new KillPoint(g.Key, g.Min(c => c.Call.Number))).OrderBy(p => p.Call, StringComparer.Ordinal)];
    }

    private static IEnumerable<(TracedCall Call, int Own)> OwnCalls(RealMachine machine)
    {
        var counts = new Dictionary<(string, string), int>();
        foreach (var call in TracedCall.ReadAll(WatchedProgram.TraceOf(machine)).Where(c => IsOwnFile(machine, c)))
        {
            int own = counts.GetValueOrDefault((call.Thread, call.Call)) + 1;
            counts[(call.Thread, call.Call)] = own;
            yield return (call, own);
        }
    }

    // The -shm files are memory that processes share; nothing of them is read after the last one has ended.
    private static bool IsOwnFile(RealMachine machine, TracedCall call) =>
        (call.Line.Contains(machine.Folder + "/", StringComparison.Ordinal) || call.Line.Contains(machine.Folder + ">", StringComparison.Ordinal) || call.Line.Contains(machine.Home, StringComparison.Ordinal))
        && !call.Line.Contains("-shm>", StringComparison.Ordinal);

    // False when the run made fewer calls than that.
    private bool Kill(KillStep step, ref Stage stage, KillPoint point)
    {
        if (stage.Trial >= MostTrials)
        {
            stage.Dispose();
            stage = new Stage(options.Scratch, step);
        }

        var program = new WatchedProgram(options.Mirord, stage.Desk, point, point.Call == Hidden ? _files : []);
        string moment = "while it ran";
        try
        {
            step.Act(stage, program);
            moment = "afterwards";
            stage.Check();
        }
        catch (Exception e)
        {
            string violation = string.Create(CultureInfo.InvariantCulture, $"step '{step.Name}', killed at {point} ({program.Hit()?.Line ?? "not reached"}), {moment}: {e.GetType().Name}: {e.Message}{(e is Violation ? "" : e.StackTrace)}");
            _violations.Add(violation);
            if (options.Print) Console.WriteLine("VIOLATION " + violation);
            Note(step, program, point);
            // What a violation left behind is no ground for the next trial.
            stage.Dispose();
            stage = new Stage(options.Scratch, step);
            return program.Ending is { Killed: true };
        }

        Note(step, program, point);
        return program.Ending is { Killed: true };
    }

    private void Note(KillStep step, WatchedProgram program, KillPoint point)
    {
        _runs++;
        if (program.Ending is not { Killed: true }) return;
        _killed++;
        // The last call of that number: in other threads it came earlier, if at all, and did not kill.
        var at = OwnCalls(program.Machine).LastOrDefault(c => c.Call.Call == point.Call && c.Call.Number == point.Number);
        if (at.Call is null) return;
        _atFiles++;
        _places.Add((step.Name, point.Call, at.Own));
    }
}
