using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Network;

/// <summary>The product's session store, watched: what it says is stored is on the disk at that moment.</summary>
internal sealed class CheckedStore(World world, SimulatedProcess process, ISessionStore inner) : ISessionStore
{
    private readonly List<ObjectAddress> _unflushed = [];

    public StoreResult StoreCommits(Lane lane, IReadOnlyList<CommitBundle> bundles)
    {
        world.Remember(bundles);
        var result = Told(() => inner.StoreCommits(lane, bundles));
        world.Stored(process, bundles, result.Stored);
        return result;
    }

    public IReadOnlyList<CheckedObjects> CheckObjects(IReadOnlyList<ReadOnlyMemory<byte>> bodies) => Told(() => inner.CheckObjects(bodies));

    public ObjectsResult StoreObjects(CheckedObjects objects)
    {
        var result = Told(() => inner.StoreObjects(objects));
        _unflushed.AddRange(result.Stored);
        return result;
    }

    public void FlushObjects()
    {
        Told(() =>
        {
            inner.FlushObjects();
            return 0;
        });
        foreach (var address in _unflushed) DurabilityCheck.ObjectIsOnDisk(process, address);
        _unflushed.Clear();
    }

    public IDisposable Subscribe(Action<bool> changed) => inner.Subscribe(changed);

    // The session ends with the error; this only counts it.
    private T Told<T>(Func<T> store)
    {
        try
        {
            return store();
        }
        catch (SyncException e)
        {
            _unflushed.Clear();
            world.Refuse(process.Machine, e);
            throw;
        }
    }
}
