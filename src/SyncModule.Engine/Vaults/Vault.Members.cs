using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>Writing the membership lane.</summary>
public sealed partial class Vault
{
    /// <summary>Writes one commit of the membership lane; durable and folded here when this returns (format-1 §3, §10).</summary>
    internal CommitId CommitMembership(IReadOnlyList<MembershipOperation> operations)
    {
        CommitId id = default;
        lock (_sync)
        {
            WithIndex(() =>
            {
                _appender.Append(step =>
                {
                    _context.Membership.CheckMayWrite(Device);
                    var log = _context.OwnLogs.Membership;
                    var tips = step.State.Members[log];
                    var clock = new HybridClock(step.State.Clock);
                    var (commit, block) = MembershipWriter.Build(_context.Keys, log, tips.Count == 0 ? default : tips[^1], _context.Membership.Heads, clock.Tick(_context.NowMilliseconds()), operations);
                    var group = new LogGroupBuilder();
                    group.Add(LogRecordType.Block, block);
                    group.Add(LogRecordType.MembershipCommit, commit.Record);
                    step.Write(group);
                    id = commit.Id;
                });
                return 0;
            });
            CatchUp();
        }

        RaiseChanged();
        return id;
    }

    /// <summary>All commits of the membership lane, parents first: what a new replica begins with.</summary>
    internal IReadOnlyList<Core.Protocol.CommitBundle> MembershipBundles() =>
        [.. CommitsBehind(Lane.Membership, new VersionVector()).Select(id => ReadBundle(id, withSmallObjects: false)!)];
}
