using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>The membership commits that are held here and their fold (format-1 §10). The lane is small and never pruned, so it stands in memory.</summary>
internal sealed class MembershipLane(VaultId vault)
{
    private readonly Dictionary<CommitId, MembershipCommit> _commits = [];
    private MembershipFold? _fold;

    public MembershipFold Fold => _fold ??= MembershipFold.Compute(vault, _commits.Values, SignatureVerifier.Instance, x => DeviceKeys.IsLowOrder(x));

    /// <summary>What `members` of an own commit names.</summary>
    public IReadOnlyList<CommitId> Heads => Fold.Heads;

    public EpochId? CurrentEpoch => Fold.CurrentEpoch;

    public MembershipLane Empty() => new(vault);

    /// <summary>Adds a held commit; <paramref name="plainBlock"/> null = its block does not open, so it has no operations.</summary>
    public void Add(Commit commit, byte[]? plainBlock)
    {
        if (_commits.ContainsKey(commit.Id)) return;
        _commits.Add(commit.Id, plainBlock is null ? new(commit.Id, commit.Header, []) : MembershipCommit.Of(commit, plainBlock));
        _fold = null;
    }

    public bool Knows(CommitId id) => _commits.ContainsKey(id);

    public bool IsFolded(CommitId id) => Fold.StandingOf(id) is MembershipStanding.Valid or MembershipStanding.Invalid;

    /// <summary>
    /// What a commit that is not folded waits for: itself, or the first of its past that is not here. A commit may come before those that it
    /// names; nothing happens to it when they come, so whoever waits has to wait for them.
    /// </summary>
    public CommitId MissingBelow(CommitId id)
    {
        var open = new Stack<CommitId>([id]);
        var seen = new HashSet<CommitId>();
        while (open.TryPop(out var next))
        {
            if (next.IsZero || !seen.Add(next)) continue;
            if (!_commits.TryGetValue(next, out var commit)) return next;
            open.Push(commit.Header.Previous);
            foreach (var parent in commit.Header.Members) open.Push(parent);
        }

        return id; // all is here: a newer version is needed (M7)
    }

    /// <summary>M6 without removals: the data of a device counts iff it was ever added.</summary>
    public bool Counts(DeviceId device) => Fold.IsMember(device);

    /// <summary>Throws <see cref="SyncErrors.NewerVersionNeeded"/> where this version may not write (M7).</summary>
    public void CheckMayWrite(DeviceId device)
    {
        if (Fold.Parked.Count > 0) throw SyncErrors.NewerVersionNeeded.With("A membership change in this vault was made by a newer version");
        if (!Fold.IsMember(device)) throw SyncErrors.NotAMember.With("This device is not a member of the vault");
    }
}
