using SyncModule.Engine.Cryptography;

namespace SyncModule.Simulation.Machines;

/// <summary>One machine with one replica: a clock, a disk, and the processes that have the folder open.</summary>
internal sealed class Machine
{
    private int _processes;
    private SimulatedDisk _disk;

    public Machine(string name, KeyFile key, SimulatedDisk disk, SimulatedTime time, SeededRandom random, DiskTrouble trouble)
    {
        (Name, Key, Time, Random, Trouble, _disk) = (name, key, time, random, trouble, disk);
        Disk = disk;
    }

    public string Name { get; }

    public KeyFile Key { get; }

    public SimulatedTime Time { get; }

    /// <summary>What this machine's operating system draws keys and ids from.</summary>
    public SeededRandom Random { get; }

    public DiskTrouble Trouble { get; }

    public SimulatedDisk Disk
    {
        get => _disk;
        set
        {
            _disk = value;
            value.Files.FaultHook = Trouble.OnCall;
        }
    }

    /// <summary>The folder was replaced by an earlier state of itself.</summary>
    public bool WasRestored { get; set; }

    public DeviceId Device { get; set; }

    public List<SimulatedProcess> Processes { get; } = [];

    /// <summary>Backups and rolled-back states that may be put back later.</summary>
    public List<SimulatedDisk> Snapshots { get; } = [];

    /// <summary>The first process that runs; null when none does.</summary>
    public SimulatedProcess? Running => Processes.Find(p => !p.IsDead);

    public SimulatedProcess Open()
    {
        var process = SimulatedProcess.Open(this, ++_processes);
        Processes.Add(process);
        return process;
    }

    /// <summary>Takes away who has died.</summary>
    public void Bury()
    {
        foreach (var process in Processes.Where(p => p.IsDead)) process.Kill();
        Processes.RemoveAll(p => p.IsDead);
    }

    public void KillAll()
    {
        foreach (var process in Processes) process.Kill();
        Processes.Clear();
    }
}
