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

    /// <summary>The commits in order, each with the bytes of its sealed blocks and whether one of these, or a value, is an object.</summary>
    public IEnumerable<(Commit Commit, long BlockBytes, bool NamesObjects)> Commits => _commits.Select(part => (
        part.Commit,
        part.Commit.Header.Blocks.Sum(b => (long)b.Size),
        part.InObjects || (part.Rows is not null && part.Rows.Special.Any(s => PreparedRows.NamesObjects(s.Operation)))));

    /// <summary>The rows of the items that each commit changed, in order.</summary>
    public IEnumerable<PreparedRows> Rows => _commits.Where(part => part.Rows is not null).Select(part => part.Rows!);

    /// <summary>Copies of a commit's sealed blocks; the group's own memory serves the next one.</summary>
    public byte[][] BlocksOf(Commit commit)
    {
        var part = _commits.Find(p => ReferenceEquals(p.Commit, commit));
        var blocks = new byte[commit.Header.Blocks.Count][];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = Records[part.FirstBlock + i].ToArray();
        return blocks;
    }

    public void AddObject(byte[] sealedObject) => _objects.Add((Digest.Hash(sealedObject), Records.Add(LogRecordType.Object, sealedObject)));

    /// <summary>Adds a commit whose blocks are the last records. <paramref name="rows"/>: null for one without operations. <paramref name="inObjects"/>: a block refers to an object.</summary>
    public void Add(Commit commit, PreparedRows? rows, bool inObjects)
    {
        _commits.Add(new(commit, Records.Add(LogRecordType.Commit, commit.Record), rows, inObjects));
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
