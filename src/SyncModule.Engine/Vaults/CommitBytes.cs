using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Checks stored bytes against the ids that they are known by, so that damage at rest neither travels nor is believed.</summary>
internal static class CommitBytes
{
    /// <summary>Of a commit whose blocks were pruned <paramref name="blocks"/> is empty.</summary>
    public static bool AreIntact(CommitId id, byte[] record, IReadOnlyList<byte[]> blocks)
    {
        try
        {
            var commit = Commit.Decode(record);
            if (commit.Id != id || (blocks.Count > 0 && commit.Header.Blocks.Count != blocks.Count)) return false;
            for (int i = 0; i < blocks.Count; i++)
            {
                if (blocks[i].Length != commit.Header.Blocks[i].Size || BlockIds.Compute(blocks[i]) != commit.Header.Blocks[i].Id) return false;
            }

            return true;
        }
        catch (VaultFormatException)
        {
            return false;
        }
    }
}
