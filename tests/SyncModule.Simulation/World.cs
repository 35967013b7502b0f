using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;
using SyncModule.Simulation.Network;

namespace SyncModule.Simulation;

/// <summary>Everything that one run consists of, and the few ways in which its parts touch each other.</summary>
internal sealed class World(ulong seed, bool print)
{
    private const int KeptBatches = 64;

    private int _links;

    public Scheduler Scheduler { get; } = new(print);

    public SeededRandom Random { get; } = new(seed);

    public History History { get; } = new();

    public List<Machine> Machines { get; } = [];

    public List<Link> Links { get; } = [];

    /// <summary>Batches of commits that once crossed a connection: somebody may bring them again, in any order.</summary>
    public List<IReadOnlyList<CommitBundle>> OldBatches { get; } = [];

    public VaultId Vault { get; set; }

    public EpochId Epoch { get; set; }

    /// <summary>The first invariant that did not hold.</summary>
    public Violation? Violation { get; private set; }

    public Id32 NextId()
    {
        Span<byte> bytes = stackalloc byte[Id32.Size];
        Random.Fill(bytes);
        return new(bytes);
    }

    /// <summary>
    /// Runs a step of one process. A simulated death ends the process; trouble that a caller would be told is passed to
    /// <paramref name="refused"/>; anything else that comes out is a violation. True when the step was done.
    /// </summary>
    public bool Guard(SimulatedProcess process, Action step, Action<SyncException>? refused = null)
    {
        try
        {
            step();
            return true;
        }
        catch (SimulatedCrashException)
        {
            Died(process);
        }
        catch (Violation violation)
        {
            Fail(violation);
        }
        catch (SyncException e)
        {
            Refused(process, e, refused);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(new Violation("exception", $"{process.Machine.Name}: {e}"));
        }

        return false;
    }

    public void Fail(Violation violation)
    {
        Violation ??= violation;
        Scheduler.Trace("violation " + violation.Message);
    }

    /// <summary>Opens a process; null when opening was refused or died.</summary>
    public SimulatedProcess? Open(Machine machine)
    {
        try
        {
            var process = machine.Open();
            process.Vault.Changed += () => OnChanged(process);
            Scheduler.Trace($"{machine.Name}/{process.Number} opens");
            Guard(process, () =>
            {
                DurabilityCheck.AcknowledgedIsHere(process);
                DurabilityCheck.HeldGoesForward(process);
            });
            return process.IsDead ? null : process;
        }
        catch (SimulatedCrashException)
        {
            Scheduler.Trace($"{machine.Name} dies while opening");
            History.Crashes++;
        }
        catch (SyncException e)
        {
            Refuse(machine, e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(e as Violation ?? new Violation("exception", $"{machine.Name} while opening: {e}"));
        }

        return null;
    }

    /// <summary>A running process of the machine, opened if there is none.</summary>
    public SimulatedProcess? Running(Machine machine)
    {
        machine.Bury();
        return machine.Running ?? Open(machine);
    }

    /// <summary>Stores commits as a session's driver does and answers for them.</summary>
    public CommitsStored Store(SimulatedProcess process, IReadOnlyList<CommitBundle> bundles)
    {
        var result = process.Vault.Receive(bundles);
        if (result.Stored > 0) DurabilityCheck.LogIsSynced(process.Disk, "received commits were acknowledged");
        foreach (var bundle in bundles)
        {
            var commit = Commit.Decode(bundle.Record);
            if (process.Vault.FindCommit(commit.Id) is null) continue;
            process.Disk.Acknowledged.Add(commit.Id);
        }

        Scheduler.Trace($"{process.Machine.Name} stores {result.Stored} of {bundles.Count}");
        return new CommitsStored(Scheduler.Now, result.Stored, result.Known, result.Rejected.Count);
    }

    public void Remember(IReadOnlyList<CommitBundle> bundles)
    {
        if (OldBatches.Count == KeptBatches) OldBatches.RemoveAt(Random.Next(KeptBatches));
        OldBatches.Add(bundles);
    }

    public Link Connect(SimulatedProcess a, SimulatedProcess b, LinkOptions options)
    {
        History.Sessions++;
        Links.RemoveAll(l => l.IsOver);
        var link = Link.Connect(this, a, b, options, ++_links);
        Links.Add(link);
        return link;
    }

    public void Died(SimulatedProcess process)
    {
        Scheduler.Trace($"{process.Machine.Name}/{process.Number} dies");
        History.Crashes++;
        process.Kill();
    }

    private void OnChanged(SimulatedProcess process)
    {
        foreach (var end in Links.SelectMany(l => new[] { l.A, l.B }))
        {
            if (end.Process == process && !end.Ended) Scheduler.After(Random.Next(50), end.LocalChange);
        }
    }

    private void Refused(SimulatedProcess process, SyncException error, Action<SyncException>? refused)
    {
        Refuse(process.Machine, error);
        refused?.Invoke(error);
    }

    private void Refuse(Machine machine, SyncException error)
    {
        History.Refusals++;
        if (error.Kind == SyncErrors.DiskFailed || error.Kind == SyncErrors.DiskFull) machine.Trouble.NoteRefusal();
        Scheduler.Trace($"{machine.Name} is told {error.ErrorId}");
        if (error.Kind == SyncErrors.InternalError) Fail(new Violation("exception", error.Message));
    }
}
