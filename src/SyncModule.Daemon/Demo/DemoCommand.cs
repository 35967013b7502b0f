using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Daemon.Demo;

/// <summary>demo [FOLDER]: the main job, shown with real processes, real sockets and a real kill.</summary>
internal sealed class DemoCommand : MirorCommand
{
    private readonly Argument<string?> _folder = new("FOLDER") { Description = "What to sync; the project's own docs without it. It is only read.", Arity = ArgumentArity.ZeroOrOne };

    public DemoCommand()
        : base("demo", "Show the main job on this machine: two vaults, conflicts, a killed transfer.", "mirord demo ~/notes", "mirord demo --json")
    {
        Arguments.Add(_folder);
    }

    protected override async Task<int> RunAsync(CommandRun run)
    {
        string source = Source(run.GetOptional(_folder));
        CheckMachine();
        var stage = new DemoStage(run.Output, source, run.Cancellation);
        string digest;
        await using (stage.ConfigureAwait(false))
        {
            try
            {
                run.Output.Text($"Two vaults in {stage.Root}, synced over 127.0.0.1, with {source}");
                run.Output.Text("");
                await PairingSteps.RunAsync(stage).ConfigureAwait(false);
                await ConflictSteps.RunAsync(stage).ConfigureAwait(false);
                await ExportSteps.RunAsync(stage).ConfigureAwait(false);
                await ResumeSteps.RunAsync(stage).ConfigureAwait(false);
                digest = await stage.SameDigestAsync().ConfigureAwait(false);
            }
            catch (DemoFailure e)
            {
                Show(run, stage.Steps);
                run.Output.Record(new { steps = stage.Steps, digest = (string?)null, ok = false });
                throw new CommandFailure(SyncErrors.DemoFailed, e.Message, SyncErrors.DemoFailed.NextStep);
            }
        }

        Show(run, stage.Steps);
        run.Output.Record(new { steps = stage.Steps, digest, ok = true });
        run.Output.Text($"All is well in {Human.Seconds(stage.Steps.Sum(s => s.Seconds))}: both vaults hold the same, nothing was lost, every decision can be seen. Digest {Human.Short(digest)}.");
        return ExitCode.Ok;
    }

    private static void Show(CommandRun run, IReadOnlyList<DemoStep> steps)
    {
        var table = new TextTable("step", ">time", ">rate", "result");
        foreach (var step in steps) table.Add(step.Name, Human.Seconds(step.Seconds), step.Bytes == 0 ? "" : Human.Rate((long)step.BytesPerSecond, 1), step.Result);
        run.Output.Text("");
        run.Output.Table(table);
        run.Output.Text("");
    }

    private static string Source(string? folder)
    {
        if (folder is not null) return Directory.Exists(folder) ? Path.GetFullPath(folder) : throw SyncErrors.FileNotFound.With($"There is no folder {folder}");
        foreach (string start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var above = new DirectoryInfo(start); above is not null; above = above.Parent)
            {
                if (File.Exists(Path.Combine(above.FullName, "SyncModule.sln")) && Directory.Exists(Path.Combine(above.FullName, "docs"))) return Path.Combine(above.FullName, "docs");
            }
        }

        throw new CommandFailure(SyncErrors.FileNotFound, "The project's own docs are not here", "Name a folder: mirord demo FOLDER");
    }

    // Asked first, so that what is missing is said before anything is made, with how to install it.
    private static void CheckMachine()
    {
        using var keys = DeviceKeys.Create(SystemRandomSource.Instance);
    }
}
