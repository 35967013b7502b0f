using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>import VAULT FOLDER [--prefix P] [--mirror]: a folder's content in.</summary>
internal sealed class ImportCommand() : FolderCommand(
    "import",
    "Bring a folder's content in: files, times, modes, links and empty folders.",
    folder: "The folder to bring in; it is only read.",
    prefix: "Stands before each name, joined by /.",
    mirror: "Delete items whose file is gone, where nobody else changed them.",
    "mirord import ~/vault ~/notes --prefix notes --key-file ~/vault.key")
{
    protected override FolderResult Move(CommandRun run, Vault vault, FolderRequest request, IProgress<FileProgress> progress) =>
        FolderImport.Run(vault, request.Folder, new ImportOptions(request.Collection, request.Prefix, request.Mirror), progress, run.Cancellation);

    protected override string Sentence(FolderResult result) =>
        $"Imported {Human.Count(result.Files, "file")}, {Human.Bytes(result.Bytes)} ({Human.Bytes(result.NewBytes)} new) in {Human.Seconds(result.Seconds)} ({Human.Rate(result.Bytes, result.Seconds)}); {result.Skipped} were here already"
        + (result.Deleted > 0 ? $", {Human.Count(result.Deleted, "item")} deleted" : "");
}
