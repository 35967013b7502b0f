using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>Takes groups of the log apart for the index. What stands in the log was checked before it was written there; a record that does not decode now is damage, which verify reports.</summary>
internal static class GroupReader
{
    public static ArrivingGroup Read(LogGroup group) => Read(group, membershipOnly: false);

    /// <summary>Only the commits of the membership lane.</summary>
    public static ArrivingGroup Membership(LogGroup group) => Read(group, membershipOnly: true);

    private static ArrivingGroup Read(LogGroup group, bool membershipOnly)
    {
        var arriving = new ArrivingGroup(group.Start, group.End);
        var blocks = new Dictionary<BlockId, LogPosition>();
        foreach (var record in group.Records)
        {
            switch (record.Type)
            {
                case LogRecordType.Block when !membershipOnly || HasMembership(group):
                    blocks[BlockIds.Compute(record.Bytes.Span)] = record.Position;
                    break;
                case LogRecordType.Object when !membershipOnly:
                    arriving.Objects.Add((Digest.Hash(record.Bytes.Span), ObjectLocation.InLog(record.Position)));
                    break;
                case LogRecordType.Commit when !membershipOnly:
                case LogRecordType.MembershipCommit:
                    if (Commit(record, blocks) is { } commit) arriving.Commits.Add(commit);
                    break;
            }
        }

        return arriving;
    }

    private static bool HasMembership(LogGroup group)
    {
        foreach (var record in group.Records)
        {
            if (record.Type == LogRecordType.MembershipCommit) return true;
        }

        return false;
    }

    private static ArrivingCommit? Commit(LogRecord record, Dictionary<BlockId, LogPosition> blocks)
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

        var positions = new LogPosition[commit.Header.Blocks.Count];
        for (int i = 0; i < positions.Length; i++)
        {
            if (!blocks.TryGetValue(commit.Header.Blocks[i].Id, out positions[i])) return null;
        }

        return new(commit, CommitRow.Of(commit.Header, record.Position, positions));
    }
}
