using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>import VAULT FOLDER [--prefix P] [--mirror]: a folder's content in.</summary>
internal sealed class ImportCommand : VaultCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "The folder to bring in; it is only read." };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "Stands before each name, joined by /.", HelpName = "P" };
    private readonly Option<bool> _mirror = new("--mirror") { Description = "Delete items whose file is gone, where nobody else changed them." };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public ImportCommand()
        : base("import", "Bring a folder's content in: files, times, modes, links and empty folders.", "mirord import ~/vault ~/notes --prefix notes --key-file ~/vault.key")
    {
        Arguments.Add(_folder);
        Options.Add(_prefix);
        Options.Add(_mirror);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        ImportResult result;
        using (var bar = FileBar.Start("import")) result = FolderImport.Run(vault, run.Get(_folder), new ImportOptions(run.Get(_collection)!, run.Get(_prefix), run.Get(_mirror)), bar, run.Cancellation);
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
        run.Output.Text($"Imported {Human.Count(result.Files, "file")}, {Human.Bytes(result.Bytes)} ({Human.Bytes(result.NewBytes)} new) in {Human.Seconds(result.Seconds)} ({Human.Rate(result.Bytes, result.Seconds)}); {result.Skipped} were here already"
            + (result.Deleted > 0 ? $", {Human.Count(result.Deleted, "item")} deleted" : "") + (result.Problems.Count > 0 ? $", {result.Problems.Count} could not be imported" : "") + ".");
        return Task.FromResult(FolderReport.Finish(run.Output, result.Problems, result.KeptBack));
    }
}
