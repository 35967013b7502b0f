using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
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
    private readonly record struct Part(Commit Commit, int Record, DecodedOperation[][] Operations, Id16[][] Tags, KeyState?[][] Before);

    public LogGroupBuilder Records { get; } = records;

    /// <summary>The commits in order, each with the bytes of its sealed blocks and whether one of its values is an object.</summary>
    public IEnumerable<(Commit Commit, long BlockBytes, bool NamesObjects)> Commits => _commits.Select(part => (
        part.Commit,
        Enumerable.Range(part.Record - part.Operations.Length, part.Operations.Length).Sum(r => (long)Records[r].Length),
        part.Operations.Any(block => block.Any(o => o.Operation is { } operation && NamesObjects(operation)))));

    /// <summary>Copies of a commit's sealed blocks; the group's own memory serves the next one.</summary>
    public byte[][] BlocksOf(Commit commit)
    {
        var part = _commits.Find(p => ReferenceEquals(p.Commit, commit));
        var blocks = new byte[part.Operations.Length][];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = Records[part.Record - blocks.Length + i].ToArray();
        return blocks;
    }

    public void AddObject(byte[] sealedObject) => _objects.Add((Digest.Hash(sealedObject), Records.Add(LogRecordType.Object, sealedObject)));

    /// <summary>Adds a commit whose blocks are the last records.</summary>
    public void Add(Commit commit, DecodedOperation[][] operations, Id16[][] tags, KeyState?[][] before)
    {
        _commits.Add(new(commit, Records.Add(LogRecordType.Commit, commit.Record), operations, tags, before));
        foreach (var block in operations) _operations += block.Length;
    }

    /// <summary>The group as the index takes it, once it stands in the log.</summary>
    public ArrivingGroup Placed(LogMark start, LogMark end, IReadOnlyList<LogPosition> positions, long stamp)
    {
        var group = new ArrivingGroup(start, end) { Operations = _operations };
        foreach (var (address, record) in _objects) group.Objects.Add((address, ObjectLocation.InLog(positions[record])));
        foreach (var part in _commits)
        {
            var blocks = new LogPosition[part.Operations.Length];
            for (int i = 0; i < blocks.Length; i++) blocks[i] = positions[part.Record - blocks.Length + i];
            group.Commits.Add(new(part.Commit, CommitRow.Of(part.Commit.Header, positions[part.Record], blocks))
            {
                Content = new(BlockReadiness.Ready, default, part.Operations),
                Tags = part.Tags,
                Before = part.Before,
                Stamp = stamp,
            });
        }

        return group;
    }

    private static bool NamesObjects(Operation operation) => operation.Value?.Reference is not null || operation.Cells.Any(c => c.Value?.Reference is not null);
}
