using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;
using SyncModule.Simulation.Network;

namespace SyncModule.Simulation;

/// <summary>Everything that one run consists of, and the few ways in which its parts touch each other.</summary>
internal sealed class World(ulong seed, bool print)
{
    private const int KeptBatches = 64;
    private const int KeptWires = 24;

    private readonly List<Wire> _oldWires = [];

    private int _links;

    // Bytes of operations beside a commit: all, some that are long, or hardly any.
    private static readonly long[] Inline = [CommitBuilder.MostInlineBytes, 4_000, 300];

    public Scheduler Scheduler { get; } = new(print);

    public SeededRandom Random { get; } = new(seed);

    public History History { get; } = new();

    public List<Machine> Machines { get; } = [];

    public List<Link> Links { get; } = [];

    /// <summary>Batches of commits that once crossed a connection: somebody may bring them again, in any order.</summary>
    public List<IReadOnlyList<CommitBundle>> OldBatches { get; } = [];

    public VaultId Vault { get; set; }

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
            process.Vault.MostInlineBytes = Inline[seed % 3];
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

    /// <summary>Stores commits that came by another way than a session.</summary>
    public void Store(SimulatedProcess process, IReadOnlyList<CommitBundle> bundles)
    {
        var result = process.Vault.Receive(bundles);
        Stored(process, bundles, result.Stored);
    }

    /// <summary>A process says that these commits are stored: what that promises holds at once and for ever.</summary>
    public void Stored(SimulatedProcess process, IReadOnlyList<CommitBundle> bundles, int stored)
    {
        if (stored > 0) DurabilityCheck.LogIsSynced(process.Disk, "received commits were acknowledged");
        foreach (var bundle in bundles)
        {
            var commit = Commit.Decode(bundle.Record);
            if (process.Vault.FindCommit(commit.Id) is null) continue;
            process.Disk.Acknowledged.Add(commit.Id);
        }

        Scheduler.Trace($"{process.Machine.Name} stores {stored} of {bundles.Count}");
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
        if (_oldWires.Count == KeptWires) _oldWires.RemoveAt(0);
        _oldWires.Add(link.Forward);
        return link;
    }

    /// <summary>What once went to this machine over another connection than this one; null when there was none.</summary>
    public IReadOnlyList<byte[]>? OldConnectionTo(Machine machine, Wire than)
    {
        var there = _oldWires.FindAll(w => w != than && w.To.Process.Machine == machine && w.Messages.Count > 1);
        return there.Count == 0 ? null : Random.Pick(there).Messages;
    }

    public void Died(SimulatedProcess process)
    {
        Scheduler.Trace($"{process.Machine.Name}/{process.Number} dies");
        History.Crashes++;
        process.Kill();
    }

    private void Refused(SimulatedProcess process, SyncException error, Action<SyncException>? refused)
    {
        Refuse(process.Machine, error);
        refused?.Invoke(error);
    }

    /// <summary>A caller on this machine was told of trouble.</summary>
    public void Refuse(Machine machine, SyncException error)
    {
        History.Refusals++;
        if (error.Kind == SyncErrors.DiskFailed || error.Kind == SyncErrors.DiskFull) machine.Trouble.NoteRefusal();
        Scheduler.Trace($"{machine.Name} is told {error.ErrorId}");
        if (error.Kind == SyncErrors.InternalError) Fail(new Violation("exception", error.Message));
    }
}
