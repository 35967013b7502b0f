using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>optimize VAULT [--drop-history] [--what-if]: forgets deletions that every device has, and takes away what nobody names.</summary>
internal sealed class OptimizeCommand : VaultCommand
{
    private readonly Option<bool> _dropHistory = new("--drop-history") { Description = "Take versions off this disk too that were replaced before every device had what replaced them. Other devices keep theirs." };
    private readonly Option<bool> _whatIf = new("--what-if") { Description = "Say what would go, and write nothing." };

    public OptimizeCommand()
        : base("optimize", "Make the vault smaller: forget deletions that every device has, take away what no version names. Nothing goes because it is old.",
            "mirord optimize ~/vault --what-if --key-file ~/vault.key", "mirord optimize ~/vault --drop-history --key-file ~/vault.key")
    {
        Options.Add(_dropHistory);
        Options.Add(_whatIf);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        bool whatIf = run.Get(_whatIf), dropHistory = run.Get(_dropHistory);
        var result = whatIf ? Optimizer.Plan(vault, dropHistory) : Optimizer.Run(vault, dropHistory);
        var (checkpoint, prune, blocked, freed) = result;
        run.Output.Record(new
        {
            whatIf,
            deletions = checkpoint.Deletions,
            versions = prune?.Commits ?? 0,
            versionBytes = prune?.CommitBytes ?? 0,
            objects = prune?.Objects ?? 0,
            objectBytes = prune?.ObjectBytes ?? 0,
            freed,
            floor = checkpoint.Commits,
            waitingFor = result.WaitingFor.Select(d => vault.DeviceName(d.Device)),
            blocked = blocked?.ErrorId,
            devices = checkpoint.Devices.Select(d => DeviceRow.Of(vault, d)),
        });
        run.Output.Table(DeviceRow.Table(vault, checkpoint.Devices));
        foreach (string line in Lines(vault, result, whatIf)) run.Output.Text(line);
        return Task.FromResult(ExitCode.Ok);
    }

    private static IEnumerable<string> Lines(Vault vault, OptimizeResult result, bool whatIf)
    {
        var (checkpoint, prune, blocked, freed) = result;
        foreach (var device in result.WaitingFor)
        {
            string name = vault.DeviceName(device.Device);
            yield return device.Acknowledged is null
                ? $"Nothing is forgotten before {name} was heard: sync with it, or, if it is lost: mirord device retire VAULT {name}."
                : $"{name} has written {Human.Count(device.Unseen, "commit")} that did not come here yet: sync with it.";
        }

        if (checkpoint.Deletions > 0) yield return $"{Human.Count(checkpoint.Deletions, "deletion")} that every device has {(whatIf ? "would be" : checkpoint.Deletions == 1 ? "was" : "were")} forgotten.";
        if (blocked is not null) yield return $"Nothing is taken from this disk: {blocked.Detail}. {blocked.Kind.NextStep}";
        else if (prune is { IsNothing: false } && whatIf) yield return $"{Parts(prune)} would go from this disk.";
        else if (prune is { IsNothing: false }) yield return $"{Parts(prune)} went from this disk, which has {Human.Bytes(freed)} less now.";
        if (checkpoint.Deletions == 0 && blocked is null && prune is { IsNothing: true }) yield return whatIf ? "Nothing would go." : "There was nothing to do.";
    }

    private static string Parts(PruneResult prune)
    {
        var parts = new List<string>();
        if (prune.Commits > 0) parts.Add($"{Human.Count(prune.Commits, "commit")} of replaced versions ({Human.Bytes(prune.CommitBytes)})");
        if (prune.Objects > 0) parts.Add($"{Human.Count(prune.Objects, "object")} that no version names ({Human.Bytes(prune.ObjectBytes)})");
        return string.Join(" and ", parts);
    }
}
