using System.Text.Json;
using System.Text.Json.Serialization;
using SyncModule.Benchmarks.Machine;

namespace SyncModule.Benchmarks.Report;

/// <summary>A measured figure as it is kept: with the machine and the day, because the works of one document may be measured on different days.</summary>
internal sealed record SavedFigure(string Id, string What, string Unit, bool IsRival, IReadOnlyList<double> Values, int Machine);

/// <summary>What --json writes and docs/benchmarks.json keeps. <see cref="SavedFigure.Machine"/> is a place in <see cref="Machines"/>.</summary>
internal sealed record SavedRun(IReadOnlyList<MachineFacts> Machines, IReadOnlyList<SavedFigure> Figures, IReadOnlyList<string> Remarks)
{
    public static SavedRun Of(BenchRun run) =>
        new([run.Machine], [.. run.Series.Select(s => new SavedFigure(s.Figure.Id, s.Figure.What, s.Figure.Unit, s.Figure.IsRival, [.. s.Values.Select(v => double.Parse(v.ToString("G5", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture))], 0))], run.Remarks);

    public static SavedRun? Read(string file) => File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), ReportJson.Default.SavedRun) : null;

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, ReportJson.Default.SavedRun) + "\n");

    /// <summary>This, with the works that <paramref name="newer"/> measured in place of the same ones here.</summary>
    public SavedRun With(SavedRun newer)
    {
        var works = newer.Figures.Select(f => WorkOf(f.Id)).ToHashSet(StringComparer.Ordinal);
        var kept = Figures.Where(f => !works.Contains(WorkOf(f.Id))).ToList();
        var machines = new List<MachineFacts>();
        var figures = kept.Select(f => (Figure: f, Machine: Machines[f.Machine])).Concat(newer.Figures.Select(f => (Figure: f, Machine: newer.Machines[f.Machine])))
            .Select(f => f.Figure with { Machine = PlaceOf(machines, f.Machine) }).ToList();
        return new(machines, figures, newer.Remarks);
    }

    public static string WorkOf(string figure) => figure[..figure.IndexOf('/', StringComparison.Ordinal)];

    private static int PlaceOf(List<MachineFacts> machines, MachineFacts machine)
    {
        if (!machines.Contains(machine)) machines.Add(machine);
        return machines.IndexOf(machine);
    }
}

[JsonSerializable(typeof(SavedRun))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ReportJson : JsonSerializerContext;
