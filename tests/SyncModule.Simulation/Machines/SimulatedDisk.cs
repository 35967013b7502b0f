using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Simulation.Machines;

/// <summary>
/// One vault folder with everything that lies in or beside it: files, the rows of index.db and local.db, what is remembered outside
/// the folder; and what somebody was told is stored here.
/// </summary>
internal sealed class SimulatedDisk
{
    private const int KeptIndexes = 24;

    private readonly List<MemoryTableSnapshot> _indexes = [];

    public SimulatedDisk(MemoryDisk files) => Files = files;

    public MemoryDisk Files { get; }

    public MemoryTableStore Index { get; private set; } = new();

    public MemoryTableStore Local { get; } = new();

    public SortedDictionary<string, byte[]> Witnesses { get; } = new(StringComparer.Ordinal);

    /// <summary>Commits of which somebody was told that they are stored here: own ones that a caller got back, others' that were acknowledged.</summary>
    public HashSet<CommitId> Acknowledged { get; } = [];

    /// <summary>Commits that were found on the disk itself once; a shortcut for the check of what is sent.</summary>
    public HashSet<CommitId> KnownDurable { get; } = [];

    /// <summary>The furthest own words about what is held here.</summary>
    public VersionVector LastHeld { get; set; } = new();

    /// <summary>Copies the folder as it is now; see <see cref="MemoryDisk.Copy"/>.</summary>
    public SimulatedDisk Copy(bool newInodes)
    {
        var copy = new SimulatedDisk(Files.Copy(newInodes));
        copy.Index.Restore(Index.Snapshot());
        copy.Index.NeedsRebuild = Index.NeedsRebuild;
        copy.Local.Restore(Local.Snapshot());
        foreach (var (name, bytes) in Witnesses) copy.Witnesses[name] = bytes;
        copy.Acknowledged.UnionWith(Acknowledged);
        copy.KnownDurable.UnionWith(KnownDurable);
        copy.LastHeld = LastHeld.Clone();
        return copy;
    }

    /// <summary>index.db is a file without a sync: an earlier state of it may be all that a power cut leaves.</summary>
    public void KeepIndex()
    {
        if (_indexes.Count == KeptIndexes) _indexes.RemoveAt(0);
        _indexes.Add(Index.Snapshot());
    }

    public void DeleteIndex()
    {
        Index.FileReplaced = true;
        Index = new MemoryTableStore();
    }

    /// <summary>No process has the folder open. The files lose what was not synced; the index is rolled back, doubtful, or gone.</summary>
    public void PowerCut(SeededRandom random)
    {
        Files.PowerCut(random.Next);
        RollIndexBack(random);
        Index.NeedsRebuild = !random.OneIn(4);
        if (random.OneIn(6)) DeleteIndex();
    }

    /// <summary>An older index.db under the newest log.</summary>
    public void RollIndexBack(SeededRandom random)
    {
        if (_indexes.Count > 0) Index.Restore(random.Pick(_indexes));
    }
}
