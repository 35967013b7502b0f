using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation;

/// <summary>What came of one seed.</summary>
internal sealed record Outcome(ulong Seed, Violation? Violation, long Steps, ulong TraceHash, long Puts, long Crashes, long Sessions, long Refusals, long Resumed, long Tampered, long Parts, long Transactions, long Checkpoints, long Pruned);

/// <summary>One seed from its first draw to the last check.</summary>
internal static class Run
{
    public static Outcome Seed(ulong seed, bool print = false)
    {
        var world = new World(seed, print);
        Violation? violation;
        try
        {
            Play(world);
            violation = world.Violation;
        }
        catch (Violation found)
        {
            violation = world.Violation ?? found;
        }
        finally
        {
            foreach (var machine in world.Machines) machine.KillAll();
        }

        var history = world.History;
        return new(seed, violation, world.Scheduler.Steps, world.Scheduler.TraceHash, history.Puts, history.Crashes, history.Sessions, history.Refusals, history.Resumed, history.Tampered, history.Parts, history.Transactions, history.Checkpoints, history.Pruned);
    }

    private static void Play(World world)
    {
        int machines = 1 + world.Random.Next(5);
        Founding.Found(world);
        var actions = new Actions(world);
        while (world.Machines.Count < machines && world.Violation is null) actions.Join();
        int left = world.Random.Next(20, 120);
        int pace = world.Random.OneIn(3) ? 200 : 8_000;
        Schedule();
        while (left > 0 && world.Violation is null && world.Scheduler.RunNext())
        {
        }

        if (world.Violation is null) Quiet.Run(world);

        void Schedule() => world.Scheduler.After(world.Random.Next(1, pace), () =>
        {
            left--;
            actions.Next();
            Schedule();
        });
    }
}
