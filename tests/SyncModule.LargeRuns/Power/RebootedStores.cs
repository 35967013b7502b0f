using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Power;

/// <summary>A real folder as the machine finds it after it was started again: another boot, so that what was never synced is not believed.</summary>
internal sealed class RebootedStores(IVaultStores inner, string folder) : IVaultStores
{
    private static readonly Id16 NextBoot = new("the next boot..."u8);

    public IDisk Disk => inner.Disk;

    public ILogIndex OpenIndex() => SqliteLogIndex.Open(Path.Combine(folder, VaultPaths.Index), NextBoot);

    public void DeleteIndex() => inner.DeleteIndex();

    public ILocalStore OpenLocal(bool create) => inner.OpenLocal(create);

    public byte[]? ReadWitness(string name) => inner.ReadWitness(name);

    public void WriteWitness(string name, byte[] bytes) => inner.WriteWitness(name, bytes);
}
