using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation;

/// <summary>Somebody forgets deletions, or takes old versions off one machine's disk, with trouble on the way like anything else.</summary>
/// <param name="world">Whose random numbers and history.</param>
/// <param name="trouble">Arms the disk of a machine.</param>
internal sealed class OptimizeActions(World world, Action<Machine> trouble)
{
    public void Next()
    {
        var machine = world.Random.Pick(world.Machines);
        if (world.Running(machine) is not { } process) return;
        bool snapshot = world.Random.OneIn(2), history = world.Random.OneIn(2), again = world.Random.OneIn(3);
        trouble(machine);
        bool done = world.Guard(process, () =>
        {
            var plan = process.Vault.MakeCheckpoint(snapshot);
            world.Scheduler.Trace($"{machine.Name}/{process.Number} forgets {plan.Deletions} deletions at or below {plan.Commits} commits");
            if (plan.Deletions > 0) world.History.Checkpoints++;
            if (again) return;
            Remember(process.Vault);
            var pruned = process.Vault.Prune(history);
            world.Scheduler.Trace($"{machine.Name}/{process.Number} prunes {pruned.Commits} commits, {pruned.Objects} objects");
            if (pruned.Commits > 0) world.History.Pruned++;
        });
        if (!done && !process.IsDead && world.Random.OneIn(2)) process.Kill();
    }

    // What the log is about to lose, the model still needs.
    private void Remember(Vault vault)
    {
        foreach (var id in vault.CommitsBehind(Core.Model.Lane.Data, new Core.Model.VersionVector()))
        {
            if (!world.History.Operations.ContainsKey(id) && vault.OperationsOf(id) is { Count: > 0 } operations) world.History.Operations[id] = operations;
        }
    }
}
