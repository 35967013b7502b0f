using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>The membership commits that are held here and their fold (format-1 §10). The lane is small and never pruned, so it stands in memory.</summary>
internal sealed class MembershipLane(VaultId vault)
{
    private readonly List<MembershipCommit> _commits = [];
    private readonly HashSet<CommitId> _known = [];
    private MembershipFold? _fold;

    public MembershipFold Fold => _fold ??= MembershipFold.Compute(vault, _commits, SignatureVerifier.Instance, x => DeviceKeys.IsLowOrder(x));

    /// <summary>What `members` of an own commit names.</summary>
    public IReadOnlyList<CommitId> Heads => Fold.Heads;

    public EpochId? CurrentEpoch => Fold.CurrentEpoch;

    public MembershipLane Empty() => new(vault);

    /// <summary>Adds a held commit; <paramref name="plainBlock"/> null = its block does not open, so it has no operations.</summary>
    public void Add(Commit commit, byte[]? plainBlock)
    {
        if (!_known.Add(commit.Id)) return;
        _commits.Add(plainBlock is null ? new(commit.Id, commit.Header, []) : MembershipCommit.Of(commit, plainBlock));
        _fold = null;
    }

    public bool Knows(CommitId id) => _known.Contains(id);

    public bool IsFolded(CommitId id) => Fold.StandingOf(id) is MembershipStanding.Valid or MembershipStanding.Invalid;

    /// <summary>M6 without removals: the data of a device counts iff it was ever added.</summary>
    public bool Counts(DeviceId device) => Fold.IsMember(device);

    /// <summary>Throws <see cref="SyncErrors.NewerVersionNeeded"/> where this version may not write (M7).</summary>
    public void CheckMayWrite(DeviceId device)
    {
        if (Fold.Parked.Count > 0) throw SyncErrors.NewerVersionNeeded.With("A membership change in this vault was made by a newer version");
        if (!Fold.IsMember(device)) throw SyncErrors.NotAMember.With("This device is not a member of the vault");
    }
}
