using System.Text.Json;
using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.Demo;

/// <summary>Both machines change the same items while they are apart; then they sync, and every decision can be seen.</summary>
internal static class ConflictSteps
{
    private const string EditedByBoth = "syncmodule-demo/edited by both.txt";
    private const string DeletedOnDesk = "syncmodule-demo/deleted on the desk, edited on the laptop.txt";
    private const string DeletedOnLaptop = "syncmodule-demo/edited on the desk, deleted on the laptop.txt";

    /// <summary>Items of its own, so that the folder's files can be compared with what they were.</summary>
    public static IReadOnlyList<string> Keys { get; } = [EditedByBoth, DeletedOnDesk, DeletedOnLaptop];

    public static async Task RunAsync(DemoStage stage)
    {
        await stage.StepAsync("change both sides apart", async () =>
        {
            await stage.RunAsync(stage.Desk, "put", EditedByBoth, "--value", "the desk's words").ConfigureAwait(false);
            await stage.RunAsync(stage.Laptop, "put", EditedByBoth, "--value", "the laptop's words").ConfigureAwait(false);
            await stage.RunAsync(stage.Desk, "rm", DeletedOnDesk).ConfigureAwait(false);
            await stage.RunAsync(stage.Laptop, "put", DeletedOnDesk, "--value", "edited while it was deleted elsewhere").ConfigureAwait(false);
            await stage.RunAsync(stage.Desk, "put", DeletedOnLaptop, "--value", "edited before it was deleted elsewhere").ConfigureAwait(false);
            await stage.RunAsync(stage.Laptop, "rm", DeletedOnLaptop).ConfigureAwait(false);
            return new DemoResult("two edits of one item, an edit against a delete, a delete against an edit");
        }).ConfigureAwait(false);

        await stage.StepAsync("second sync", async () =>
        {
            var summary = await stage.RunAsync(stage.Laptop, "sync", stage.Address).ConfigureAwait(false);
            await stage.SameDigestAsync().ConfigureAwait(false);
            return new DemoResult($"{Human.Count(summary.GetProperty("commitsSent").GetInt64(), "commit")} up, {summary.GetProperty("commitsReceived").GetInt64()} down, equal digests", summary.GetProperty("wireBytes").GetInt64(), summary.GetProperty("seconds").GetDouble());
        }).ConfigureAwait(false);

        await stage.StepAsync("compare the merge records", async () =>
        {
            var desk = await stage.LinesAsync(stage.Desk, "merge").ConfigureAwait(false);
            var laptop = await stage.LinesAsync(stage.Laptop, "merge").ConfigureAwait(false);
            if (!desk.Select(r => r.GetRawText()).SequenceEqual(laptop.Select(r => r.GetRawText()), StringComparer.Ordinal)) throw new DemoFailure("The two have different merge records");
            if (desk.Count != Keys.Count) throw new DemoFailure($"There are {desk.Count} merge records where {Keys.Count} were expected");
            Show(stage.Output, desk);
            return new DemoResult($"{Human.Count(desk.Count, "record")}, the same on both");
        }).ConfigureAwait(false);
    }

    private static void Show(ResultWriter output, IReadOnlyList<JsonElement> records)
    {
        var table = new TextTable("  item", "rule", "winner", "why");
        foreach (var record in records)
        {
            table.Add("  " + record.GetProperty("key").GetString(), record.GetProperty("rule").GetString()!, Human.Short(record.GetProperty("winner").GetString()!), record.GetProperty("why").GetString()!);
        }

        output.Text("");
        output.Table(table);
        output.Text("");
    }
}
