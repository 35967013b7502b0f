using SyncModule.Engine.Nodes;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;
using SyncModule.Simulation.Network;

namespace SyncModule.Simulation;

/// <summary>The second phase of a run: no more faults, everybody meets everybody until nothing moves (liveness, I11).</summary>
internal static class Quiet
{
    private const int MostRounds = 8;
    private const long MostTime = 3_600_000;

    public static void Run(World world)
    {
        world.Scheduler.Clear();
        world.Links.Clear();
        var all = new List<SimulatedProcess>();
        foreach (var machine in world.Machines)
        {
            machine.Trouble.Disarm();
            machine.KillAll();
            if (world.Random.OneIn(3)) machine.Disk.PowerCut(world.Random);
            if (world.Random.OneIn(4)) machine.Disk.DeleteIndex();
            if (world.Open(machine) is not { } process) throw world.Violation ?? new Violation("I11 not live", $"{machine.Name} does not open without any fault");
            all.Add(process);
        }

        if (world.Violation is not null) return;
        for (int round = 0; Round(world, all); round++)
        {
            if (world.Violation is not null) return;
            if (round == MostRounds) throw new Violation("I11 not live", $"after {MostRounds} rounds of sessions something still moves");
        }

        if (world.Violation is not null) return;
        FinalCheck.Run(world, all);
        foreach (var process in all) WhatIsRemembered(world, process, all);
    }

    // After sessions that all ended well: no journal of a cut one, and every peer has acknowledged everything.
    private static void WhatIsRemembered(World world, SimulatedProcess process, List<SimulatedProcess> all)
    {
        string name = process.Machine.Name;
        // Where something is gone with a rolled-back disk, sessions end complete as far as the peer goes, and stay to be resumed.
        if (!world.Machines.Exists(m => m.WasRestored) && SessionJournal.Open(process.Vault).Count > 0) throw new Violation("journal", $"{name} would resume a session although all are complete");
        foreach (var peer in all.Where(p => p.Machine.Device != process.Machine.Device))
        {
            if (PeerAcknowledgements.LagOf(process.Vault, peer.Machine.Device) is not { Behind: 0, Outbox: 0 }) throw new Violation("acknowledged", $"{name} does not know that {peer.Machine.Name} holds everything");
        }
    }

    // Each pair once; true when anything moved.
    private static bool Round(World world, List<SimulatedProcess> all)
    {
        world.Scheduler.Trace("everybody meets everybody");
        bool moved = false;
        for (int a = 0; a < all.Count; a++)
        {
            for (int b = a + 1; b < all.Count; b++)
            {
                var before = (Marks(all[a]), Marks(all[b]));
                var link = world.Connect(all[a], all[b], new LinkOptions(Latency: 5));
                long until = world.Scheduler.Now + MostTime;
                while (!link.IsOver && world.Violation is null && world.Scheduler.RunNext(until))
                {
                }

                if (world.Violation is not null) return false;
                if (!link.IsOver || link.A.Error is not null || link.B.Error is not null) throw new Violation("I11 not live", $"a session without faults ended with {link.A.Error?.Id ?? "nothing"} and {link.B.Error?.Id ?? "nothing"}");
                moved |= before != (Marks(all[a]), Marks(all[b]));
            }
        }

        return moved;
    }

    private static (long, long, long, long) Marks(SimulatedProcess process)
    {
        var status = process.Vault.Status();
        return (status.Commits, status.Objects, status.Waiting, status.Wanted);
    }
}
