namespace SyncModule.Benchmarks.Works;

/// <summary>One benchmark: measures its figures, ours and the rivals' in turns, and notes them in the run.</summary>
internal interface IWork
{
    /// <summary>As it is named on the command line.</summary>
    string Name { get; }

    /// <summary>One line for a reader.</summary>
    string About { get; }

    void Run(BenchContext context);
}

internal static class AllWorks
{
    public static IReadOnlyList<IWork> List { get; } = [new BulkWork(), new SmallWork(), new IngestWork(), new LatencyWork(), new IdleWork(), new ConnectWork(), new MillionWork(), new MergeWork(), new FloorWork()];

    /// <summary>The named ones, or all, in their fixed order.</summary>
    public static IEnumerable<IWork> Named(IReadOnlyList<string> names) => List.Where(w => names.Count == 0 || names.Contains(w.Name, StringComparer.Ordinal));
}
