using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Devices;

/// <summary>One device of a <see cref="DeviceRun"/>: its machine, the process that has its vault open, a clock that may be wrong, and a backup.</summary>
internal sealed class Desk(Host host) : IDisposable
{
    private Host _host = host;
    private Host? _backup;
    private Vault? _vault;

    public string Name => _host.Name;

    public WrongClock Clock { get; } = new();

    public Vault Vault => _vault ??= new HostProcess(_host).Open(Clock);

    public void Prune(bool history) => Vault.Prune(history);

    public bool HasBackup => _backup is not null;

    public void Close()
    {
        _vault?.Dispose();
        _vault = null;
    }

    /// <summary>A copy of the folder as it is now.</summary>
    public void MakeBackup()
    {
        Close();
        _backup = _host.Copy();
    }

    /// <summary>The folder is again what it was. As a copy that is noticed, or as a machine that was rolled back and knows nothing of it.</summary>
    public void RestoreBackup(bool noticed)
    {
        Close();
        _host = _backup!.Copy(newInodes: noticed);
    }

    public void LoseIndex()
    {
        Close();
        _host.DeleteIndex();
    }

    public void Dispose() => Close();
}

/// <summary>The wall clock of a device, so many milliseconds off.</summary>
internal sealed class WrongClock : TimeProvider
{
    public TimeSpan Off { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Off;
}
