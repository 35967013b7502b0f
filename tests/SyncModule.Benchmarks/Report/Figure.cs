namespace SyncModule.Benchmarks.Report;

/// <summary>One thing that is measured, round after round. Ids are stable: gates name them.</summary>
/// <param name="Id">For example "bulk/import+send".</param>
/// <param name="What">For people.</param>
/// <param name="Unit">s, ms, MB, /s, …</param>
/// <param name="IsRival">Somebody else's figure of the same work.</param>
internal sealed record Figure(string Id, string What, string Unit, bool IsRival = false);

/// <summary>A figure's values, in the order of the rounds.</summary>
internal sealed record Series(Figure Figure, IReadOnlyList<double> Values)
{
    public double Median => Statistics.Median(Values);

    public double Low => Values.Min();

    public double High => Values.Max();
}

internal static class Statistics
{
    public static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The value below which <paramref name="share"/> (0 to 1) of the sorted values lie.</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }
}
