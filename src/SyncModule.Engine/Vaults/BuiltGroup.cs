using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>One group of own records, ready to be written, and what the index will want to know of it.</summary>
internal sealed class BuiltGroup(LogGroupBuilder records)
{
    private readonly List<(ObjectAddress Address, int Record)> _objects = [];
    private readonly List<Part> _commits = [];
    private int _operations;

    // The commit's record stands right behind those of its blocks.
    private readonly record struct Part(Commit Commit, int Record, PreparedRows? Rows, bool InObjects)
    {
        public int FirstBlock => Record - Commit.Header.Blocks.Count;
    }

    public LogGroupBuilder Records { get; } = records;

    /// <summary>Commits in it.</summary>
    public int Count => _commits.Count;

    public Commit this[int commit] => _commits[commit].Commit;

    /// <summary>The rows of the items that each commit changed, in order.</summary>
    public IEnumerable<PreparedRows> Rows => _commits.Where(part => part.Rows is not null).Select(part => part.Rows!);

    /// <summary>True where a block of the commit, or a value, is an object.</summary>
    public bool NamesObjects(int commit)
    {
        var part = _commits[commit];
        if (part.InObjects || part.Rows is null) return part.InObjects;
        for (int i = 0; i < part.Rows.Special.Count; i++)
        {
            if (PreparedRows.NamesObjects(part.Rows.Special[i].Operation)) return true;
        }

        return false;
    }

    /// <summary>Copies of a commit's sealed blocks; the group's own memory serves the next one.</summary>
    public byte[][] BlocksOf(int commit)
    {
        var part = _commits[commit];
        var blocks = new byte[part.Commit.Header.Blocks.Count][];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = Records[part.FirstBlock + i].ToArray();
        return blocks;
    }

    public void AddObject(byte[] sealedObject) => _objects.Add((Digest.Hash(sealedObject), Records.Add(LogRecordType.Object, sealedObject)));

    /// <summary>Adds a commit whose blocks are the last records. <paramref name="inObjects"/>: a block refers to an object.</summary>
    public void Add(Commit commit, bool inObjects) => _commits.Add(new(commit, Records.Add(LogRecordType.Commit, commit.Record), null, inObjects));

    /// <summary>The rows of the items that a commit of the group changed; null where the index folds it itself.</summary>
    public void Fold(Commit commit, PreparedRows? rows)
    {
        int part = _commits.FindLastIndex(p => ReferenceEquals(p.Commit, commit));
        _commits[part] = _commits[part] with { Rows = rows };
        _operations += rows?.Count ?? 0;
    }

    /// <summary>The group as the index takes it, once it stands in the log.</summary>
    public ArrivingGroup Placed(LogMark start, LogMark end, IReadOnlyList<LogPosition> positions, long stamp)
    {
        var group = new ArrivingGroup(start, end) { Operations = _operations };
        foreach (var (address, record) in _objects) group.Objects.Add((address, ObjectLocation.InLog(positions[record])));
        foreach (var part in _commits)
        {
            var blocks = new LogPosition[part.Commit.Header.Blocks.Count];
            for (int i = 0; i < blocks.Length; i++) blocks[i] = positions[part.FirstBlock + i];
            group.Commits.Add(new(part.Commit, CommitRow.Of(part.Commit.Header, positions[part.Record], blocks)) { Rows = part.Rows, Stamp = stamp });
        }

        return group;
    }
}
