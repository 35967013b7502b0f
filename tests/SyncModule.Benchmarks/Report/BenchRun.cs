using SyncModule.Benchmarks.Machine;

namespace SyncModule.Benchmarks.Report;

/// <summary>Everything one run measured, and what it could not.</summary>
internal sealed class BenchRun(MachineFacts machine)
{
    private readonly List<string> _remarks = [];
    private readonly Dictionary<string, (Figure Figure, List<double> Values)> _series = new(StringComparer.Ordinal);

    public MachineFacts Machine { get; } = machine;

    /// <summary>What was left out and why, for example a rival that is not installed.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    public IReadOnlyList<Series> Series => [.. _series.Values.Select(s => new Series(s.Figure, s.Values))];

    public void Add(Figure figure, double value)
    {
        if (!_series.TryGetValue(figure.Id, out var series)) _series.Add(figure.Id, series = (figure, []));
        series.Values.Add(value);
    }

    public void Remark(string text)
    {
        if (!_remarks.Contains(text, StringComparer.Ordinal)) _remarks.Add(text);
    }

    public Series? Find(string id) => _series.TryGetValue(id, out var s) ? new(s.Figure, s.Values) : null;
}
