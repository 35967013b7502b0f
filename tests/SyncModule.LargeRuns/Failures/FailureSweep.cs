using System.Diagnostics;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Failures;

/// <summary>What a sweep does. Every <paramref name="Stride"/>-th of all pairs of call and fault, from number <paramref name="First"/> on.</summary>
internal sealed record SweepOptions(int Stride = 1, int First = 0, int Threads = 2, string? Step = null, long? Call = null, FaultKind? Kind = null, bool Print = false);

/// <summary>Counts of a sweep. Violations say step, call and fault, with which a single one is run again.</summary>
internal sealed record SweepResult(int Steps, long Calls, long Trials, long Refused, IReadOnlyList<string> Violations);

/// <summary>
/// A failure at every disk call: each step of the workload is run once for each call it makes to the vault's disk and databases and each way
/// in which that call can fail (once and for good: I/O error, full; a write that is cut short; a commit of a database that is reported as
/// failed), then looked at after a restart and after a power cut (see <see cref="AfterFailure"/>).
/// </summary>
internal sealed class FailureSweep(SweepOptions options)
{
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    private readonly Lock _gate = new();
    private readonly List<string> _violations = [];
    private long _calls, _trials, _refused, _pairs;
    private int _steps;

    public static SweepResult Run(SweepOptions options)
    {
        var sweep = new FailureSweep(options);
        string folder = Directory.CreateTempSubdirectory("syncmodule-sweep-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "below"));
            foreach (var (name, size) in new[] { ("a", 100), ("b", 9_001), ("below/c", 70_001), ("below/d", 1_050_003) }) File.WriteAllBytes(Path.Combine(folder, name), Workload.Noise(size, size));
            sweep.Play(Workload.Founder(folder));
            sweep.Play(Workload.Joiner());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return new(sweep._steps, sweep._calls, sweep._trials, sweep._refused, sweep._violations);
    }

    private void Play(IReadOnlyList<Step> steps)
    {
        var world = World.New();
        foreach (var step in steps)
        {
            step.Prepare?.Invoke(world);
            if (options.Step is null || options.Step == step.Name) Sweep(step, world);

            // The step once more, for good and without a failure.
            var trial = new Trial(world, new FaultPlan());
            step.Act(trial);
            trial.End(kill: false);
            if (trial.Refusal is { } refusal) throw new Violation($"step '{step.Name}' does not work without any failure: {refusal.Message}", refusal);
            world = world.Copy(World.NoFault);
        }
    }

    private void Sweep(Step step, World before)
    {
        var clock = Stopwatch.StartNew();
        var trace = new List<string>();
        Run(step, before, World.NoFault, new FaultPlan { Trace = trace }, cutAtOnce: false);
        var pairs = Enumerable.Range(1, trace.Count).SelectMany(n => Kinds.Where(k => FaultPlan.CanHit(k, trace[n - 1])).Select(k => (Number: (long)n, Kind: k)))
            .Where(p => (options.Call ?? p.Number) == p.Number && (options.Kind ?? p.Kind) == p.Kind).ToList();
        long start = Interlocked.Add(ref _pairs, pairs.Count) - pairs.Count;
        var chosen = pairs.Where((_, i) => (start + i + options.First) % options.Stride == 0).ToList();
        Parallel.ForEach(chosen, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, p =>
        {
            Run(step, before, p, new FaultPlan(), cutAtOnce: false);
            Run(step, before, p, new FaultPlan(), cutAtOnce: true);
        });
        _steps++;
        _calls += trace.Count;
        if (options.Print) Console.WriteLine(FormattableString.Invariant($"  {step.Name,-26} calls={trace.Count:N0} failures={chosen.Count:N0} wall={clock.Elapsed.TotalSeconds:F1}s"));
    }

    // Enough to find the place: the message and the innermost frames of this project.
    private static string Short(Exception e)
    {
        var root = e is Violation { InnerException: { } inner } ? inner : e is Violation ? null : e;
        if (root is null) return e.Message;
        var frames = (root.StackTrace ?? "").Split('\n').Select(f => f.Trim()).Where(f => f.Contains("SyncModule", StringComparison.Ordinal)).Take(5)
            .Select(f => f[(f.IndexOf(" SyncModule.", StringComparison.Ordinal) + 1)..].Split('(')[0]);
        return $"{e.Message} [{root.GetType().Name} at {string.Join(" < ", frames)}]";
    }


    // Two courses: the machine goes on and loses its power later, or loses it at once.
    private void Run(Step step, World before, (long Number, FaultKind Kind) fault, FaultPlan plan, bool cutAtOnce)
    {
        World world;
        lock (_gate) world = before.Copy(fault);
        var (number, kind) = fault;
        string moment = "meanwhile";
        try
        {
            var trial = new Trial(world, plan);
            step.Act(trial);
            bool refused = trial.Refusal is not null;

            // Whoever was refused may go on trying.
            trial.Put("afterwards", Workload.Noise(300, (int)(number % int.MaxValue)));
            if (!step.Damaged) trial.ReadAll();
            trial.End(kill: number % 2 == 0);
            Interlocked.Increment(ref _trials);
            if (refused) Interlocked.Increment(ref _refused);
            if (!cutAtOnce)
            {
                moment = "after a restart";
                AfterFailure.Check(world, step);
            }

            moment = cutAtOnce ? "after a power cut" : "after a restart and a power cut";
            world.Desk.PowerCut(new Random(HashCode.Combine(number, (int)kind) & int.MaxValue));
            AfterFailure.Check(world, step);
        }
        catch (Exception e)
        {
            string where = plan.Hit is { } hit ? $"{kind} at call {number} ({hit})" : "no failure";
            string violation = $"step '{step.Name}', {where}, {moment}: {Short(e)}";
            lock (_gate) _violations.Add(violation);
            if (options.Print) Console.WriteLine("VIOLATION " + violation);
        }
    }
}
