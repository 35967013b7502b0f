using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>export VAULT FOLDER [--prefix P] [--overwrite] [--mirror]: a folder's content out.</summary>
internal sealed class ExportCommand : FolderCommand
{
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that were changed here too." };

    public ExportCommand()
        : base(
            "export",
            "Write items out as files; nothing outside FOLDER is ever touched.",
            folder: "Where to; it is made if it is not there.",
            prefix: "Only names below this, and without it.",
            mirror: "Remove files whose item was deleted, where they were not changed here.",
            "mirord export ~/vault ./notes --prefix notes --key-file ~/vault.key")
    {
        Options.Add(_overwrite);
    }

    protected override FolderResult Move(CommandRun run, Vault vault, FolderRequest request, IProgress<FileProgress> progress) =>
        FolderExport.Run(vault, request.Folder, new ExportOptions(request.Collection, request.Prefix, run.Get(_overwrite), request.Mirror), progress, run.Cancellation);

    protected override string Sentence(FolderResult result) =>
        $"Exported {Human.Count(result.Files, "file")}, {Human.Bytes(result.NewBytes)} in {Human.Seconds(result.Seconds)} ({Human.Rate(result.NewBytes, result.Seconds)}); {result.Skipped} were right already"
        + (result.Deleted > 0 ? $", {Human.Count(result.Deleted, "file")} removed" : "");
}
