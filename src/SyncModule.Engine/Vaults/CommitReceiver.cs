using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of received commits.</summary>
public sealed record ReceiveResult(int Stored, int Known, IReadOnlyList<string> Rejected);

/// <summary>
/// Steps 1 to 4 for commits that came from elsewhere (format-1 §6): bounds, canonical form and signature before anything else; known
/// ones dropped; then made durable with their blocks. The index takes them from the log like any other, and holds them once the chain
/// before them is here: the branches of a fork may come newest first.
/// </summary>
internal sealed class CommitReceiver(VaultContext vault, Action<Action<AppendStep>> append, long mostWaiting = WaitingBytes.MostWaiting)
{
    /// <summary>Bytes of one group of received commits.</summary>
    private const long GroupBytes = 8 << 20;

    public ReceiveResult Receive(IReadOnlyList<CommitBundle> bundles)
    {
        var rejected = new List<string>();
        var checkedCommits = Check(bundles, rejected);
        int stored = 0, known = 0, refused = rejected.Count;
        append(session =>
        {
            // It may run again, on an index that was made anew and knows what was written the first time.
            (stored, known) = (0, 0);
            rejected.RemoveRange(refused, rejected.Count - refused);
            var held = new HashSet<CommitId>();
            var group = new LogGroupBuilder();
            var waiting = new WaitingBytes(session, vault.Membership, mostWaiting);
            foreach (var (commit, blocks) in checkedCommits)
            {
                if (held.Contains(commit.Id) || IsKnown(session.Rows, commit, blocks)) { known++; continue; }
                long size = commit.Record.Length + blocks.Sum(b => (long)b.Length);
                if (!waiting.TryAdd(commit.Header, size))
                {
                    rejected.Add("Too much of this log waits here already.");
                    continue;
                }

                ProveOwnBranch(commit);
                foreach (var block in blocks) group.Add(LogRecordType.Block, block);
                group.Add(TypeOf(commit.Header, blocks), commit.Record);
                held.Add(commit.Id);
                stored++;
                if (group.PayloadLength < GroupBytes) continue;
                session.Write(group);
                group.Clear();
            }

            if (group.Count > 0) session.Write(group);
        });
        return new(stored, known, rejected);
    }

    // One that lies here without its blocks is not known when they come.
    private static bool IsKnown(RowAccess rows, Commit commit, IReadOnlyList<byte[]> blocks) =>
        rows.HasCommit(commit.Id) && !(blocks.Count > 0 && rows.Commit(commit.Id) is { State: CommitState.Loose, Blocks.Count: 0 });

    private static LogRecordType TypeOf(CommitHeader header, IReadOnlyList<byte[]> blocks)
    {
        if (header.Lane == Lane.Membership) return LogRecordType.MembershipCommit;
        return blocks.Count < header.Blocks.Count ? LogRecordType.PrunedCommit : LogRecordType.Commit;
    }

    // Step 1, before any lock. For a run of one log the chain's hashes and the last signature suffice (format-1 §3).
    private List<(Commit Commit, IReadOnlyList<byte[]> Blocks)> Check(IReadOnlyList<CommitBundle> bundles, List<string> rejected)
    {
        var commits = new List<(Commit Commit, IReadOnlyList<byte[]> Blocks)>(bundles.Count);
        foreach (var bundle in bundles)
        {
            try
            {
                var commit = Commit.Decode(bundle.Record);
                if (commit.Header.Vault != vault.Keys.Vault) throw new VaultFormatException("A commit is of another vault.");
                CheckBlocks(commit.Header, bundle.Blocks);
                commits.Add((commit, bundle.Blocks));
            }
            catch (VaultFormatException e)
            {
                rejected.Add(e.Message);
            }
        }

        var verified = new List<(Commit, IReadOnlyList<byte[]>)>(commits.Count);
        for (int start = 0; start < commits.Count;)
        {
            int end = start + 1;
            while (end < commits.Count && Follows(commits[end - 1].Commit, commits[end].Commit)) end++;
            bool chain = Plants.SignatureUnchecked || commits[end - 1].Commit.Verify(SignatureVerifier.Instance);
            for (int i = start; i < end; i++)
            {
                if (chain || commits[i].Commit.Verify(SignatureVerifier.Instance)) verified.Add(commits[i]);
                else rejected.Add("A commit's signature does not fit.");
            }

            start = end;
        }

        return verified;
    }

    private static bool Follows(Commit first, Commit second) =>
        second.Header.Previous == first.Id && second.Header.Log == first.Header.Log && second.Header.Device == first.Header.Device && second.Header.Sequence == first.Header.Sequence + 1;

    private static void CheckBlocks(CommitHeader header, IReadOnlyList<byte[]> blocks)
    {
        if (blocks.Count == 0 && header.Lane == Lane.Data) return; // its sender has pruned it; it waits here for a checkpoint that stands for it, or for its blocks
        if (blocks.Count != header.Blocks.Count) throw new VaultFormatException("A commit came without one of its blocks.");
        for (int i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Length != header.Blocks[i].Size || BlockIds.Compute(blocks[i]) != header.Blocks[i].Id) throw new VaultFormatException("A block does not match its commit.");
        }
    }

    // A commit with this device's own valid signature that is not here proves that there is more of this device: a clone, or a
    // backup that was put back (format-1 §2). Both lanes' logs start anew; what came is a foreign branch like any other.
    private void ProveOwnBranch(Commit commit)
    {
        var header = commit.Header;
        if (!Plants.OwnBranchIgnored && header.Device == vault.Keys.Device.Device && header.Log == vault.OwnLogs.Of(header.Lane)) vault.OwnLogs.StartNew();
    }
}
