using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>
/// One process on a <see cref="Host"/>: its view of the folder with a way to let calls fail, and a record of what it signed.
/// </summary>
internal sealed class HostProcess : IVaultStores
{
    private readonly Host _host;
    private readonly FaultPlan _plan;
    private readonly MemoryProcess _view;

    /// <param name="host">The machine. Its fault hook is this process's from now on.</param>
    /// <param name="plan">Which calls fail.</param>
    /// <param name="signed">Gets every commit that is written to the log.</param>
    public HostProcess(Host host, FaultPlan? plan = null, SignedCommits? signed = null)
    {
        (_host, _plan, _view) = (host, plan ?? new FaultPlan(), host.Disk.OpenProcess());
        Disk = signed is null ? _view : new RecordingDisk(_view, signed);
        host.Disk.FaultHook = call => call.Process == _view.Number ? _plan.OnDisk(call) : null;
    }

    public IDisk Disk { get; }

    /// <param name="time">The machine's wall clock; null: that of this process.</param>
    public Vault Open(TimeProvider? time = null) => VaultCreation.Open(this, file => file.UnlockWithKeyFile(_host.Key), time ?? TimeProvider.System, SystemRandomSource.Instance);

    public void Create()
    {
        using var slot = SlotKey.FromKeyFile(_host.Key);
        VaultCreation.Create(this, _host.Name, [slot], TimeProvider.System, SystemRandomSource.Instance);
    }

    /// <summary>Ends as kill -9 does: locks are free, what was written stays in the page cache.</summary>
    public void Kill() => _view.Kill();

    public ILogIndex OpenIndex() => new FaultyTables(_host.Index, "index.db", SyncErrors.IndexDamaged, _plan);

    public void DeleteIndex() => _host.DeleteIndex();

    public ILocalStore OpenLocal(bool create) => new FaultyTables(_host.Local, "local.db", SyncErrors.LocalStateDamaged, _plan);

    public byte[]? ReadWitness(string name) => _host.Witnesses.GetValueOrDefault(name);

    public void WriteWitness(string name, byte[] bytes) => _host.Witnesses[name] = bytes;
}
