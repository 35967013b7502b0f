using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Takes groups of the log apart for the index. What stands in the log was checked before it was written there; a record that does not
/// decode now is damage, which verify reports. Blocks that can be opened already are, while their bytes are at hand. One thread at a time.
/// </summary>
internal sealed class GroupReader(VaultContext vault)
{
    private readonly ItemTagger _tagger = new(vault.Keys);

    /// <summary>Everything in the group; nothing of its bytes is kept.</summary>
    public ArrivingGroup Read(LogGroup group) => Read(group, membershipOnly: false);

    /// <summary>Only the commits of the membership lane.</summary>
    public ArrivingGroup Membership(LogGroup group) => Read(group, membershipOnly: true);

    private ArrivingGroup Read(LogGroup group, bool membershipOnly)
    {
        var arriving = new ArrivingGroup(group.Start, group.End);
        if (membershipOnly && !HasMembership(group)) return arriving;
        var blocks = new Dictionary<BlockId, LogRecord>();
        foreach (var record in group.Records)
        {
            switch (record.Type)
            {
                case LogRecordType.Block:
                    blocks[BlockIds.Compute(record.Bytes.Span)] = record;
                    break;
                case LogRecordType.Object when !membershipOnly:
                    arriving.Objects.Add((Digest.Hash(record.Bytes.Span), ObjectLocation.InLog(record.Position)));
                    break;
                case LogRecordType.Commit when !membershipOnly:
                case LogRecordType.MembershipCommit:
                    if (Commit(record, blocks) is { } commit) arriving.Commits.Add(commit);
                    break;
                case LogRecordType.PrunedCommit when !membershipOnly:
                    if (Pruned(record) is { } pruned) arriving.Commits.Add(pruned);
                    break;
            }
        }

        return arriving;
    }

    private static ArrivingCommit? Pruned(LogRecord record)
    {
        try
        {
            var commit = Core.Model.Commit.Decode(record.Bytes.Span);
            return commit.Header is { Lane: Lane.Data, Blocks.Count: > 0 } ? new(commit, CommitRow.Of(commit.Header, record.Position, [])) : null;
        }
        catch (VaultFormatException)
        {
            return null;
        }
    }

    private static bool HasMembership(LogGroup group)
    {
        foreach (var record in group.Records)
        {
            if (record.Type == LogRecordType.MembershipCommit) return true;
        }

        return false;
    }

    private ArrivingCommit? Commit(LogRecord record, Dictionary<BlockId, LogRecord> blocks)
    {
        Commit commit;
        try
        {
            commit = Core.Model.Commit.Decode(record.Bytes.Span);
        }
        catch (VaultFormatException)
        {
            return null;
        }

        var (positions, bytes) = (new LogPosition[commit.Header.Blocks.Count], new ReadOnlyMemory<byte>[commit.Header.Blocks.Count]);
        for (int i = 0; i < positions.Length; i++)
        {
            if (!blocks.TryGetValue(commit.Header.Blocks[i].Id, out var block)) return null;
            (positions[i], bytes[i]) = (block.Position, block.Bytes);
        }

        var row = CommitRow.Of(commit.Header, record.Position, positions);
        if (commit.Header.Lane != Lane.Data || vault.Blocks.OpenForState(commit, bytes) is not { } content) return new(commit, row);
        return new(commit, row) { Content = content, Tags = [.. content.Blocks.Select(_tagger.Of)] };
    }
}
