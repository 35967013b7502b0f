using System.Globalization;
using System.Text;

namespace SyncModule.Benchmarks.Report;

/// <summary>The tables for a terminal.</summary>
internal static class TextReport
{
    /// <param name="run">What was measured.</param>
    /// <param name="judge">False where the loads were too small for the gates to say anything.</param>
    public static string Render(BenchRun run, bool judge)
    {
        var text = new StringBuilder();
        int width = Math.Max(20, run.Series.Select(s => s.Figure.What.Length).DefaultIfEmpty().Max());
        foreach (var s in run.Series)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{s.Figure.What.PadRight(width)}  {Number(s.Median),10} {s.Figure.Unit,-5} {Number(s.Low),10} … {Number(s.High),-10} n={s.Values.Count}");
        }

        text.AppendLine();
        foreach (var g in judge ? Gates.Judge(id => run.Find(id)?.Median, run.Machine) : [])
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{g.Gate.What,-60} {Number(g.Value),10}   gate {(g.Gate.AtLeast ? "≥" : "≤")} {Number(g.Limit),-8} {(g.Gate.Goal is { } goal ? "goal " + Number(goal) : ""),-12} {g.Verdict}");
        }

        foreach (string remark in run.Remarks) text.AppendLine(remark);
        return text.ToString();
    }

    /// <summary>Three significant digits, and no exponent.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => Math.Round(value).ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        double.NaN => "none",
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
