using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Builds the commits of one group under the append lock (format-1 §3, §12): sequence and previous from the log's own end, deps and
/// members from what is applied and folded, sealed blocks, one signature a commit. Item states that it changes are kept in an
/// overlay, so that a later job of the same group sees an earlier one.
/// </summary>
internal sealed class CommitBuilder
{
    /// <summary>Plain bytes of operations in one commit: blocks stay below 1 MiB (format-1 §5).</summary>
    private const int MaxPlainBytes = 900 << 10;

    private readonly VaultContext _vault;
    private readonly RowAccess _rows;
    private readonly LogId _log;
    private readonly List<CommitId> _pendingDependencies;
    private readonly Dictionary<Id16, KeyState?> _overlay = [];
    private HybridClock _clock;
    private Tip _tip;

    public CommitBuilder(VaultContext vault, RowAccess rows, IndexState state, LogId log)
    {
        _vault = vault;
        _rows = rows;
        _log = log;
        _clock = new HybridClock(state.Clock);
        var tips = state.Held[log];
        _tip = tips.Count == 0 ? default : tips[^1];
        _pendingDependencies = Dependencies(state, log);
    }

    /// <summary>The group so far: objects, then each commit behind its blocks.</summary>
    public LogGroupBuilder Group { get; } = new();

    public CommitResult Add(CommitJob job)
    {
        foreach (var small in job.SmallObjects) Group.Add(LogRecordType.Object, small);
        var commits = new List<CommitId>();
        var dots = new Dot?[job.Intents.Count];
        var now = _clock.Tick(_vault.NowMilliseconds());
        var batch = new List<(int Intent, Operation Operation)>();
        long bytes = 0;
        for (int i = 0; i < job.Intents.Count; i++)
        {
            var intent = job.Intents[i];
            var state = Item(intent);
            if (intent.Build(state) is not { } built) continue;
            var operation = Writes.WithTimestampRule(built.Attached(value => _vault.Attach(_rows, value)), Writes.GreatestReplaced(state, built), now);
            if (operation.Replaces.Count > Operation.MaxReplaces) throw SyncErrors.TooManyVersions.With($"'{intent.Key}' has {operation.Replaces.Count} versions that compete");
            long size = EstimatedSize(operation);
            if (!job.Atomic && batch.Count > 0 && (bytes + size > MaxPlainBytes || batch.Count == Dot.BlockStride))
            {
                Emit(batch, now, CommitFlags.None, commits, dots);
                now = _clock.Tick(_vault.NowMilliseconds());
                bytes = 0;
            }

            batch.Add((i, operation));
            bytes += size;
        }

        if (batch.Count > 0) Emit(batch, now, job.Atomic ? CommitFlags.Atomic : CommitFlags.None, commits, dots);
        return new(commits, dots);
    }

    private KeyState? Item(ItemIntent intent)
    {
        var tag = _vault.Keys.ItemTag(intent.Collection, intent.Key);
        return _overlay.TryGetValue(tag, out var state) ? state : _rows.Item(tag);
    }

    private void Emit(List<(int Intent, Operation Operation)> batch, HybridTimestamp now, CommitFlags flags, List<CommitId> commits, Dot?[] dots)
    {
        // More than 64 tips since the last own commit: commits without operations name 64 each (format-1 §3).
        while (_pendingDependencies.Count > CommitHeader.MaxIds)
        {
            var some = _pendingDependencies.GetRange(0, CommitHeader.MaxIds);
            _pendingDependencies.RemoveRange(0, CommitHeader.MaxIds);
            commits.Add(Sign([], some, _clock.Tick(_vault.NowMilliseconds()), CommitFlags.None).Id);
        }

        var blocks = batch.GroupBy(o => _vault.Keys.Genesis.TagOf(o.Operation.Collection)).OrderBy(g => g.Key).ToList();
        var commit = Sign(
            [.. blocks.Select(b => (b.Key, OperationList.Encode([.. b.Select(o => o.Operation)])))], [.. _pendingDependencies], now, flags);
        _pendingDependencies.Clear();
        commits.Add(commit.Id);
        for (int b = 0; b < blocks.Count; b++)
        {
            int position = 0;
            foreach (var (intent, operation) in blocks[b])
            {
                var dot = Dot.At(commit.Id, b, position++);
                dots[intent] = dot;
                var tag = _vault.Keys.ItemTag(operation.Collection, operation.Key);
                var before = _overlay.TryGetValue(tag, out var state) ? state : _rows.Item(tag);
                _overlay[tag] = Folding.Apply(before, operation, new(dot, now, commit.Header.Device, _log, commit.Header.Sequence));
            }
        }

        batch.Clear();
    }

    private Commit Sign(IReadOnlyList<(CollectionTag Tag, byte[] Plain)> plains, IReadOnlyList<CommitId> dependencies, HybridTimestamp now, CommitFlags flags)
    {
        // Order of the making (format-1 §3): associated data → block → block id → header → id → signature.
        ulong sequence = _tip.Sequence + 1;
        var device = _vault.Keys.Device;
        var entries = new List<BlockEntry>(plains.Count);
        foreach (var (tag, plain) in plains)
        {
            var context = new BlockContext(_vault.Keys.Vault, device.Device, _log, sequence, tag);
            var block = SealedBlocks.Seal(_vault.CurrentEpoch.Blocks, context, plain, compress: true);
            entries.Add(new(tag, BlockIds.Compute(block), block.Length));
            Group.Add(LogRecordType.Block, block);
        }

        var header = new CommitHeader(_vault.Keys.Vault, Lane.Data, device.Device, _log, sequence, _tip.Id, [.. dependencies.Order()], _vault.Membership.Heads, now, flags, entries);
        var commit = Commit.Create(header, bytes => device.Sign(bytes));
        Group.Add(LogRecordType.Commit, commit.Record);
        _tip = new(sequence, commit.Id);
        return commit;
    }

    // Applied tips of all other logs, own older ones included, less those that an applied commit names: the own previous commit, or
    // one behind another tip (format-1 §3). Not "what came since the own previous commit": after a rebuild, in which other commits
    // may be folded earlier than the first time, that is no longer what this commit's author knew.
    private static List<CommitId> Dependencies(IndexState state, LogId log)
    {
        var dependencies = new List<CommitId>();
        foreach (var (other, tips) in state.Applied.Logs)
        {
            if (other == log) continue;
            foreach (var tip in tips)
            {
                if (!state.Mentioned.Contains(tip.Id)) dependencies.Add(tip.Id);
            }
        }

        return dependencies;
    }

    private static long EstimatedSize(Operation operation) =>
        128 + (3L * (operation.Collection.Length + operation.Key.Length)) + (40L * operation.Replaces.Count) + (operation.Value?.Inline.Length ?? 0)
        + operation.Cells.Sum(c => 16L + (3L * c.Path.Length) + (c.Value?.Inline.Length ?? 0));
}
