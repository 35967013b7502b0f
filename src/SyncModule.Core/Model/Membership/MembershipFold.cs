namespace SyncModule.Core.Model.Membership;

/// <summary>
/// Who belongs to a vault, computed from its lane-1 commits (format-1 §10, M1, M3(b), M5, M7). A function of the set of commits: their
/// order and repetition do not matter. This version knows genesis and add; anything newer parks the lane at that commit.
/// </summary>
public sealed class MembershipFold
{
    private readonly SortedDictionary<DeviceId, Member> _members = [];
    private readonly MembershipGraph _graph;

    private MembershipFold(MembershipGraph graph)
    {
        _graph = graph;
        var folded = graph.Nodes.Where(n => n.Standing is MembershipStanding.Valid or MembershipStanding.Invalid).ToList();
        var held = graph.Nodes.Where(n => n.Standing != MembershipStanding.Waiting).ToList();
        Heads = HeadsOf(folded);
        HeldHeads = HeadsOf(held);
        Parked = WithStanding(MembershipStanding.Parked);
        Waiting = WithStanding(MembershipStanding.Waiting);
        // Every head carries the members of its whole past, and every folded commit lies in the past of one.
        foreach (var head in Heads)
        {
            foreach (var (device, member) in graph.Find(head)!.Members)
            {
                _members[device] = _members.TryGetValue(device, out var known) ? Member.Earlier(known, member) : member;
            }
        }

        // A founder that was restored from a backup may have written two first commits around one record: the lower id stands.
        var genesis = folded.Where(n => n.Genesis is not null).MinBy(n => n.Commit.Id)?.Genesis;
        Founder = genesis?.Record.Founder;
        CurrentEpoch = genesis?.Epoch;
        Policy = genesis?.Record.Policy;
    }

    /// <summary>Null until the genesis commit is here.</summary>
    public DeviceId? Founder { get; }

    /// <summary>The epoch of genesis: rotations park this version. Null until the genesis commit is here.</summary>
    public EpochId? CurrentEpoch { get; }

    /// <summary><see cref="MembershipPolicy.EveryFullMember"/> or <see cref="MembershipPolicy.Administrators"/>.</summary>
    public MembershipPolicy? Policy { get; }

    /// <summary>Ascending by device id.</summary>
    public IReadOnlyCollection<Member> Members => _members.Values;

    /// <summary>Folded commits that no folded commit names, ascending: what `members` of an own commit has to name.</summary>
    public IReadOnlyList<CommitId> Heads { get; }

    /// <summary>
    /// The same over everything that is held with its whole past, parked or not, ascending: what sessions compare, so that two devices
    /// of different versions agree that they have the same commits.
    /// </summary>
    public IReadOnlyList<CommitId> HeldHeads { get; }

    /// <summary>Commits that need a newer version, ascending. While there is one, nothing may be written (M7).</summary>
    public IReadOnlyList<CommitId> Parked { get; }

    /// <summary>Commits whose past is not here yet, ascending.</summary>
    public IReadOnlyList<CommitId> Waiting { get; }

    /// <param name="vault">Commits of other vaults and of lane 0 are passed over.</param>
    /// <param name="commits">In any order, repeated or not; their signatures are checked, those of certificates are not.</param>
    /// <param name="verifier">Checks certificates.</param>
    /// <param name="isLowOrder">True for X25519 keys of low order, which are refused (format-1 §2).</param>
    public static MembershipFold Compute(VaultId vault, IEnumerable<MembershipCommit> commits, ISignatureVerifier verifier, Func<Id32, bool> isLowOrder) =>
        new(new(vault, commits, verifier, isLowOrder));

    /// <summary>M5, and without removals M6 too: whether commits of the device count.</summary>
    public bool IsMember(DeviceId device) => _members.ContainsKey(device);

    public Member? Find(DeviceId device) => _members.GetValueOrDefault(device);

    public DeviceCertificate? CertificateOf(DeviceId device) => Find(device)?.Certificate;

    public string? NameOf(DeviceId device) => Find(device)?.Name;

    /// <summary>Waiting for a commit that is not here at all, too.</summary>
    public MembershipStanding StandingOf(CommitId commit) => _graph.Find(commit)?.Standing ?? MembershipStanding.Waiting;

    /// <summary>True when everything that a commit names in `members` was folded: part of the gate (format-1 §6, step 5).</summary>
    public bool HasFolded(IEnumerable<CommitId> members) => members.All(id => StandingOf(id) is MembershipStanding.Valid or MembershipStanding.Invalid);

    private static CommitId[] HeadsOf(List<MembershipGraph.Node> nodes)
    {
        var named = nodes.SelectMany(n => n.Commit.Header.Members).ToHashSet();
        return [.. nodes.Select(n => n.Commit.Id).Where(id => !named.Contains(id)).Order()];
    }

    private CommitId[] WithStanding(MembershipStanding standing) => [.. _graph.Nodes.Where(n => n.Standing == standing).Select(n => n.Commit.Id).Order()];
}
