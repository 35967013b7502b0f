using System.Globalization;
using System.Text;
using SyncModule.Benchmarks.Works;
using SyncModule.Tests.Shared;

namespace SyncModule.Benchmarks.Report;

/// <summary>docs/benchmarks.md, made from docs/benchmarks.json: the works of this run replace their earlier figures, the others stay with their day.</summary>
internal static class DocsReport
{
    public static void Update(BenchRun run)
    {
        string docs = Path.Combine(Repository.Root, "docs");
        string data = Path.Combine(docs, "benchmarks.json");
        var saved = SavedRun.Of(run);
        if (SavedRun.Read(data) is { } earlier) saved = earlier.With(saved);
        saved.Write(data);
        File.WriteAllText(Path.Combine(docs, "benchmarks.md"), Render(saved));
    }

    public static string Render(SavedRun run)
    {
        var text = new StringBuilder();
        text.Append("# Benchmarks\n\nMade by `dotnet run -c Release --project tests/SyncModule.Benchmarks -- --write-docs`; do not edit. Medians of the rounds, with the lowest and the highest beside them.\n");
        text.Append("Ours and the rivals ran in turns in the same run; before each, old outputs were deleted, the disk was synced and memory was touched and freed, because a virtual machine hands free pages back to its host. ");
        text.Append("Both ends share the machine's cores. Compare ratios of one run, never figures of different machines or days. What is missed is written as missed.\n\n## Gates\n\n");
        text.Append("| | value | gate | goal | |\n|---|---|---|---|---|\n");
        foreach (var g in run.Machines.SelectMany((machine, place) => Gates.Judge(id => MedianOf(run, id, place), machine)))
        {
            string sign = g.Gate.AtLeast ? "≥" : "≤";
            text.Append(CultureInfo.InvariantCulture, $"| {g.Gate.What} | {TextReport.Number(g.Value)} | {sign} {TextReport.Number(g.Limit)} | {(g.Gate.Goal is { } goal ? $"{sign} {TextReport.Number(goal)}" : "")} | {(g.Met ? g.Verdict : $"**{g.Verdict}**")} |\n");
        }

        foreach (var work in AllWorks.List)
        {
            var figures = run.Figures.Where(f => SavedRun.WorkOf(f.Id) == work.Name).ToList();
            if (figures.Count == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"\n## {work.Name}\n\n{work.About}.\n\n| | median | lowest to highest | rounds |\n|---|---|---|---|\n");
            foreach (var f in figures) text.Append(CultureInfo.InvariantCulture, $"| {f.What}{(f.IsRival ? " (rival)" : "")} | {TextReport.Number(Statistics.Median(f.Values))} {f.Unit} | {TextReport.Number(f.Values.Min())} to {TextReport.Number(f.Values.Max())} | {f.Values.Count} |\n");
            var m = run.Machines[figures[0].Machine];
            text.Append(CultureInfo.InvariantCulture, $"\n{m.Date:yyyy-MM-dd}: {m.Describe()}.\n");
        }

        if (run.Remarks.Count > 0) text.Append("\n## Left out\n\n").AppendJoin("", run.Remarks.Select(r => $"- {r}\n"));
        return text.ToString();
    }

    // A gate is judged among figures of one machine and day only: a ratio across runs says nothing.
    private static double? MedianOf(SavedRun run, string id, int machine) =>
        run.Figures.FirstOrDefault(f => f.Id == id && f.Machine == machine) is { } figure ? Statistics.Median(figure.Values) : null;
}
