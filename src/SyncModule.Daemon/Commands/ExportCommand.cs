using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>export VAULT FOLDER [--prefix P] [--overwrite] [--mirror]: a folder's content out.</summary>
internal sealed class ExportCommand : VaultCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Where to; it is made if it is not there." };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "Only names below this, and without it.", HelpName = "P" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that were changed here too." };
    private readonly Option<bool> _mirror = new("--mirror") { Description = "Remove files whose item was deleted, where they were not changed here." };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public ExportCommand()
        : base("export", "Write items out as files; nothing outside FOLDER is ever touched.", "mirord export ~/vault ./notes --prefix notes --key-file ~/vault.key")
    {
        Arguments.Add(_folder);
        Options.Add(_prefix);
        Options.Add(_overwrite);
        Options.Add(_mirror);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        ExportResult result;
        using (var bar = FileBar.Start("export")) result = FolderExport.Run(vault, run.Get(_folder), new ExportOptions(run.Get(_collection)!, run.Get(_prefix), run.Get(_overwrite), run.Get(_mirror)), bar, run.Cancellation);
        run.Output.Record(new
        {
            files = result.Files,
            bytes = result.Bytes,
            newBytes = result.NewBytes,
            skipped = result.Skipped,
            seconds = result.Seconds,
            deleted = result.Deleted,
            problems = FolderReport.Json(result.Problems),
            keptBack = FolderReport.Json(result.KeptBack),
        });
        run.Output.Text($"Exported {Human.Count(result.Files, "file")}, {Human.Bytes(result.NewBytes)} in {Human.Seconds(result.Seconds)} ({Human.Rate(result.NewBytes, result.Seconds)}); {result.Skipped} were right already"
            + (result.Deleted > 0 ? $", {Human.Count(result.Deleted, "file")} removed" : "") + (result.Problems.Count > 0 ? $", {result.Problems.Count} could not be exported" : "") + ".");
        return Task.FromResult(FolderReport.Finish(run.Output, result.Problems, result.KeptBack));
    }
}
