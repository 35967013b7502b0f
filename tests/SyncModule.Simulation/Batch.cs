using System.Diagnostics;

namespace SyncModule.Simulation;

/// <summary>Sums over many seeds.</summary>
internal sealed class Summary
{
    public int Seeds { get; set; }

    public long Steps { get; set; }

    public long Puts { get; set; }

    public long Parts { get; set; }

    public long Transactions { get; set; }

    public long Checkpoints { get; set; }

    public long Pruned { get; set; }

    public long Sessions { get; set; }

    public long Crashes { get; set; }

    public long Refusals { get; set; }

    public long Resumed { get; set; }

    public long Tampered { get; set; }

    /// <summary>Seeds that took another course when they were run a second time.</summary>
    public int Mismatches { get; set; }

    public List<Outcome> Failed { get; } = [];
}

/// <summary>Runs seeds on a few threads: they have nothing in common, each run has its own world.</summary>
internal static class Batch
{
    /// <summary>Every so many seeds one is run twice; both runs must leave the same trace.</summary>
    private const int CheckReplayEvery = 50;

    /// <summary>Runs <paramref name="seeds"/> seeds from <paramref name="from"/> on; as many as begin within <paramref name="seconds"/>.</summary>
    public static Summary Run(ulong from, int seeds, int seconds, int threads, bool print, bool untilFound = false) =>
        Run([.. Enumerable.Range(0, seeds).Select(i => from + (ulong)i)], seconds, threads, print, untilFound);

    public static Summary Run(IReadOnlyList<ulong> seeds, int seconds, int threads, bool print, bool untilFound = false)
    {
        var summary = new Summary();
        var gate = new Lock();
        var wall = Stopwatch.StartNew();
        int next = -1;
        bool found = false;
        void Work()
        {
            while (Interlocked.Increment(ref next) is var i && i < seeds.Count && wall.Elapsed.TotalSeconds < seconds && !(untilFound && Volatile.Read(ref found)))
            {
                var outcome = SyncModule.Simulation.Run.Seed(seeds[i], print);
                bool differs = !print && i % CheckReplayEvery == 0 && SyncModule.Simulation.Run.Seed(outcome.Seed).TraceHash != outcome.TraceHash;
                if (outcome.Violation is not null) Volatile.Write(ref found, true);
                lock (gate) Add(summary, outcome, differs);
            }
        }

        var workers = Enumerable.Range(0, threads - 1).Select(_ => new Thread(Work)).ToList();
        foreach (var worker in workers) worker.Start();
        Work();
        foreach (var worker in workers) worker.Join();
        return summary;
    }

    private static void Add(Summary summary, Outcome outcome, bool differs)
    {
        summary.Seeds++;
        summary.Steps += outcome.Steps;
        summary.Puts += outcome.Puts;
        summary.Parts += outcome.Parts;
        summary.Transactions += outcome.Transactions;
        summary.Checkpoints += outcome.Checkpoints;
        summary.Pruned += outcome.Pruned;
        summary.Sessions += outcome.Sessions;
        summary.Crashes += outcome.Crashes;
        summary.Refusals += outcome.Refusals;
        summary.Resumed += outcome.Resumed;
        summary.Tampered += outcome.Tampered;
        if (outcome.Violation is not null) summary.Failed.Add(outcome);
        if (!differs) return;
        summary.Mismatches++;
        Console.WriteLine(FormattableString.Invariant($"REPLAY of seed {outcome.Seed} took another course"));
    }
}
