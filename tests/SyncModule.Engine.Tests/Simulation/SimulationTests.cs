using System.Text.RegularExpressions;
using SyncModule.Engine.Cryptography;
using SyncModule.Simulation;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public void Sixty_seeds_of_whole_nodes_hold_every_invariant()
    {
        var summary = Batch.Run(1, 60, int.MaxValue, threads: 2, print: false);
        Assert.Empty(summary.Failed.Select(f => $"seed {f.Seed}: {f.Violation!.Message}"));
        Assert.Equal(60, summary.Seeds);
        Assert.True(summary.Puts > 500 && summary.Parts > 500 && summary.Sessions > 500 && summary.Crashes > 100 && summary.Refusals > 50 && summary.Resumed > 50 && summary.Tampered > 20, "the seeds hardly did anything");
    }

    [Fact]
    public void Seeds_that_once_found_something_find_nothing()
    {
        var summary = Batch.Run(Seeds.Regressions, int.MaxValue, threads: 2, print: false);
        Assert.Empty(summary.Failed.Select(f => $"seed {f.Seed}: {f.Violation!.Message}"));
    }

    [Fact]
    public void A_seed_replays_to_the_same_trace_and_another_seed_to_another()
    {
        Assert.Equal(Run.Seed(7).TraceHash, Run.Seed(7).TraceHash);
        Assert.NotEqual(Run.Seed(7).TraceHash, Run.Seed(8).TraceHash);
    }

    [Fact]
    public void A_seeded_source_of_randomness_exists_in_the_simulation_only()
    {
        // format-1 §0: nobody can draw the product's keys again.
        Type[] sources = [.. new[] { typeof(SyncException).Assembly, typeof(Core.Model.Commit).Assembly, typeof(IRandomSource).Assembly }
            .SelectMany(a => a.GetTypes()).Where(t => t.IsClass && typeof(IRandomSource).IsAssignableFrom(t))];
        Assert.Equal([typeof(SystemRandomSource)], sources);
        var makers = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Where(f => Regex.IsMatch(File.ReadAllText(f), @"new (System\.)?Random\(|: IRandomSource\b", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5)))
            .Select(Path.GetFileName);
        Assert.Equal(["IRandomSource.cs"], makers);
        Assert.Contains(typeof(Run).Assembly.GetTypes(), t => typeof(IRandomSource).IsAssignableFrom(t));
    }
}
