using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>What import and export have in common: a folder, the names it stands for, a bar, one summary, and what they say of single files.</summary>
internal abstract class FolderCommand : VaultCommand
{
    private readonly Argument<string> _folder;
    private readonly Option<string?> _prefix;
    private readonly Option<bool> _mirror;
    private readonly Option<string> _collection = ItemArguments.Collection();

    protected FolderCommand(string name, string description, string folder, string prefix, string mirror, string example)
        : base(name, description, example)
    {
        _folder = new("FOLDER") { Description = folder };
        _prefix = new("--prefix") { Description = prefix, HelpName = "P" };
        _mirror = new("--mirror") { Description = mirror };
        Arguments.Add(_folder);
        Options.Add(_prefix);
        Options.Add(_mirror);
        Options.Add(_collection);
    }

    protected abstract FolderResult Move(CommandRun run, Vault vault, FolderRequest request, IProgress<FileProgress> progress);

    /// <summary>One sentence for people, without its full stop.</summary>
    protected abstract string Sentence(FolderResult result);

    protected sealed override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        FolderResult result;
        using (var bar = FileBar.Start(Name)) result = Move(run, vault, new(run.Get(_folder), run.Get(_collection)!, run.Get(_prefix), run.Get(_mirror)), bar);
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
        run.Output.Text(Sentence(result) + (result.Problems.Count > 0 ? $", {result.Problems.Count} could not be {Name}ed" : "") + ".");
        return Task.FromResult(FolderReport.Finish(run.Output, result.Problems, result.KeptBack));
    }
}

/// <summary>Which folder, and which items it stands for.</summary>
internal sealed record FolderRequest(string Folder, string Collection, string? Prefix, bool Mirror);
