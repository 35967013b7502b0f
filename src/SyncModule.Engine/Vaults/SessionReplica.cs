using System.Buffers;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Vaults;

/// <summary>A vault as a session sees it: durable things only (format-1 §12).</summary>
/// <param name="vault">The vault.</param>
/// <param name="ahead">What reads a source of objects ahead; null: it is read as it is needed, on the session's thread.</param>
internal sealed class SessionReplica(Vault vault, Func<IObjectSource, IObjectSource>? ahead = null) : ISessionReplica
{
    /// <summary>Fewer objects are read at once, on the spot.</summary>
    private const int WorthAhead = 16;

    public VaultId Vault => vault.Id;

    public DeviceId Device => vault.Device;

    public IReadOnlyList<CommitId> MembershipHeads => vault.Membership.HeldHeads;

    public EpochId? CurrentEpoch => vault.Membership.CurrentEpoch;

    public VersionVector Applied => vault.AppliedVector();

    public bool Full => vault.IsFull();

    public Id32? StateDigest => vault.CachedDigest();

    // A session asks this before it takes a frame up: one whose disk has failed ends there and tells its peer.
    public bool IsMember(DeviceId device)
    {
        vault.Flushes.ThrowIfClosed();
        return vault.Membership.IsMember(device);
    }

    public bool KnowsMembershipCommit(CommitId id) => vault.KnowsMembershipCommit(id);

    public VersionVector Held(Lane lane) => vault.HeldVector(lane);

    public ICommitSource CommitsBehind(Lane lane, VersionVector theirs) => new CommitSource(vault, vault.CommitsBehind(lane, theirs));

    public FreshCommits? Fresh(VersionVector theirs) => vault.Fresh(theirs);

    // A word that cannot be kept is not given: it is said another time, and a sync does not fail for it.
    public IReadOnlyList<byte[]> AcknowledgementsFor(DeviceId peer)
    {
        try
        {
            return vault.AcknowledgementsFor(peer);
        }
        catch (SyncException)
        {
            return [];
        }
    }

    public IReadOnlyList<CommitBundle> CommitsById(IReadOnlyList<CommitId> ids) =>
        [.. ids.Select(id => vault.ReadBundle(id, withSmallObjects: false)).OfType<CommitBundle>()];

    public IReadOnlyList<ObjectAddress> Wanted(int max, IReadOnlySet<ObjectAddress> exclude) => vault.WantedObjects(max, exclude);

    public void NoteLacking(IReadOnlyList<ObjectAddress> addresses) => vault.NoteLacking(addresses);

    public bool HasObject(ObjectAddress address) => vault.HasObject(address);

    public IObjectSource Objects(IReadOnlyList<ObjectAddress> addresses)
    {
        var stored = new StoredObjects(vault, addresses);
        return ahead is null || addresses.Count < WorthAhead ? stored : ahead(stored);
    }

    public bool TryReadObjectRecord(ObjectAddress address, IBufferWriter<byte> destination) => vault.TryReadObjectRecord(address, destination);

    public IReadOnlyList<ObjectAddress> AddressesInRange(byte first, ObjectAddress? after, int max) => vault.AddressesInRange(first, after, max);

    private sealed class CommitSource(Vault vault, IReadOnlyList<CommitId> ids) : ICommitSource
    {
        // Few commits: their small objects go right behind them. Many: the want-list is exact and costs one round trip for all.
        private readonly bool _withSmallObjects = ids.Count <= 64;
        private int _next;

        public CommitBundle? Next()
        {
            while (_next < ids.Count)
            {
                if (vault.ReadBundle(ids[_next++], _withSmallObjects) is { } bundle) return bundle;
            }

            return null;
        }

        public void Dispose()
        {
        }
    }
}
