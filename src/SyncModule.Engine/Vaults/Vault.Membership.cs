using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>Writing the membership lane (format-1 §10) and handing the vault on to a device that joins (§14).</summary>
public sealed partial class Vault
{
    /// <summary>The devices of the vault, this one included.</summary>
    public IReadOnlyCollection<DeviceId> Members
    {
        get
        {
            lock (_sync)
            {
                CatchUp();
                return [.. _context.Membership.Fold.Members.Select(m => m.Certificate.Device)];
            }
        }
    }

    /// <summary>Adds a device; durable when it returns. A device that is a member already is left as it is.</summary>
    public void AddMember(DeviceCertificate certificate, string name) => WriteMembership(() =>
        _context.Membership.Fold.IsMember(certificate.Device) ? [] : [new MembershipOperation.Add(certificate, name)]);

    /// <summary>Writes one commit of the membership lane; durable and folded here when this returns.</summary>
    internal CommitId CommitMembership(IReadOnlyList<MembershipOperation> operations) => WriteMembership(() => operations)!.Value;

    /// <summary>All commits of the membership lane, parents first: what a new replica begins with.</summary>
    internal IReadOnlyList<CommitBundle> MembershipBundles() =>
        [.. CommitsBehind(Lane.Membership, new VersionVector()).Select(id => ReadBundle(id, withSmallObjects: false)!)];

    /// <summary>What a joiner gets: the whole membership lane and the epochs. Only ever sent over an invite's channel, behind a durable add.</summary>
    internal GrantMessage Grant(IReadOnlyList<string> addresses)
    {
        lock (_sync)
        {
            CatchUp();
            var bundles = MembershipBundles();
            var epochs = _context.Keys.Epochs.Values.Select(e => new EpochGrant(e.EpochId, new Id32(e.Secret.Span))).ToList();
            return new(Core.Model.Commit.Decode(bundles[0].Record).Id, bundles, epochs, DeviceName(Device), addresses);
        }
    }

    // Null when there was nothing to write.
    private CommitId? WriteMembership(Func<IReadOnlyList<MembershipOperation>> decide)
    {
        CommitId? id = null;
        AppendLevel(step =>
        {
            _context.Membership.CheckMayWrite(Device);
            var operations = decide();
            if (operations.Count > 0) id = WriteMembership(step, operations);
        });
        UpdateIndex();
        RaiseChanged();
        return id;
    }

    private CommitId WriteMembership(AppendStep step, IReadOnlyList<MembershipOperation> operations)
    {
        var log = _context.OwnLogs.Membership;
        var tips = step.State.Members[log];
        var clock = new HybridClock(step.State.Clock);
        var (commit, block) = MembershipWriter.Build(_context.Keys, log, tips.Count == 0 ? default : tips[^1], _context.Membership.Heads, clock.Tick(_context.NowMilliseconds()), operations);
        var group = new LogGroupBuilder();
        group.Add(LogRecordType.Block, block);
        group.Add(LogRecordType.MembershipCommit, commit.Record);
        step.Write(group);
        return commit.Id;
    }
}
