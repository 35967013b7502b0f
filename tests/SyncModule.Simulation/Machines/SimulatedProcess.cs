using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Simulation.Machines;

/// <summary>One process that has a node's folder open. It ends by closing, or by dying in the middle of anything.</summary>
internal sealed class SimulatedProcess
{
    private SimulatedProcess(Machine machine, MemoryProcess view, int number)
    {
        (Machine, View, Number) = (machine, view, number);
        Limits = new HandshakeLimits(machine.Time);
    }

    public Machine Machine { get; }

    public SimulatedDisk Disk { get; private init; } = null!;

    public int Number { get; }

    public Vault Vault { get; private set; } = null!;

    /// <summary>What strangers may cost its listener.</summary>
    public HandshakeLimits Limits { get; }

    public bool IsDead => View.IsDead || Closed;

    public bool Closed { get; private set; }

    public MemoryProcess View { get; }

    /// <summary>Opens the folder as a program does. Throws what opening throws; the process is dead then.</summary>
    public static SimulatedProcess Open(Machine machine, int number)
    {
        var view = machine.Disk.Files.OpenProcess();
        var process = new SimulatedProcess(machine, view, number) { Disk = machine.Disk };
        try
        {
            process.Vault = VaultCreation.Open(new SimulatedStores(machine.Disk, view), file => file.UnlockWithKeyFile(machine.Key), new ProcessTime(machine.Time, () => process.IsDead), machine.Random);
            return process;
        }
        catch
        {
            view.Kill();
            throw;
        }
    }

    /// <summary>A round with another machine has ended well: the peer book says so.</summary>
    public void RememberSync(Machine peer)
    {
        var book = new PeerBook(Vault);
        if (book.Find(peer.Name) is null) book.Add(peer.Name, [peer.Name + ".example:7400"]);
        book.Synced(peer.Name, peer.Device, Machine.Time.GetUtcNow());
    }

    /// <summary>Ends as kill -9 does.</summary>
    public void Kill()
    {
        if (Closed) return;
        Closed = true;
        View.Kill();
        Vault?.Keys.Dispose();
    }

    /// <summary>Ends in order.</summary>
    public void Close()
    {
        if (Closed) return;
        if (View.IsDead)
        {
            Kill();
            return;
        }

        Closed = true;
        Vault.Dispose();
        View.Kill();
    }
}
