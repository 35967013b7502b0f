using System.Collections.Immutable;

namespace SyncModule.Core.Model.Membership;

/// <summary>
/// The lane-1 commits as a graph by `members` (format-1 §10). What a commit is worth depends on its past alone, so each one is judged
/// once, in topological order, and the order of arrival cannot matter.
/// <para>Members only ever join in this version (M3(b) and M5 without removals), so the fold of a past is a union: each commit carries
/// the members of its past* as a persistent map, shared with its parents along a chain and merged where branches meet.</para>
/// </summary>
internal sealed class MembershipGraph
{
    private static readonly ImmutableSortedDictionary<DeviceId, Member> Nobody = ImmutableSortedDictionary<DeviceId, Member>.Empty;

    private readonly VaultId _vault;
    private readonly ISignatureVerifier _verifier;
    private readonly Func<Id32, bool> _isLowOrder;
    private readonly Dictionary<CommitId, Node> _nodes = [];

    public MembershipGraph(VaultId vault, IEnumerable<MembershipCommit> commits, ISignatureVerifier verifier, Func<Id32, bool> isLowOrder)
    {
        _vault = vault;
        _verifier = verifier;
        _isLowOrder = isLowOrder;
        foreach (var commit in commits)
        {
            if (commit.Header.Vault == vault && commit.Header.Lane == Lane.Membership) _nodes.TryAdd(commit.Id, new(commit));
        }

        Place();
    }

    public IEnumerable<Node> Nodes => _nodes.Values;

    public Node? Find(CommitId id) => _nodes.GetValueOrDefault(id);

    /// <summary>A valid first commit: the record that the vault's id is the hash of, by its founder (format-1 §2).</summary>
    public MembershipOperation.Genesis? GenesisOf(MembershipCommit commit)
    {
        var header = commit.Header;
        if (header.Members.Count > 0 || header.Sequence != 1 || commit.Operations is not [MembershipOperation.Genesis genesis]) return null;
        var (record, certificate) = (genesis.Record, genesis.Certificate);
        bool founders = record.Founder == header.Device && certificate.Device == record.Founder && certificate.ExchangeKey == record.FounderExchangeKey && certificate.Role == DeviceRole.Administrator;
        return founders && record.ComputeVaultId() == _vault && IsGood(certificate) ? genesis : null;
    }

    private void Place()
    {
        var open = new Dictionary<CommitId, int>();
        var children = new Dictionary<CommitId, List<Node>>();
        var ready = new Stack<Node>();
        foreach (var node in _nodes.Values)
        {
            var needs = Needs(node.Commit);
            open[node.Commit.Id] = needs.Count;
            foreach (var id in needs)
            {
                if (!children.TryGetValue(id, out var list)) children[id] = list = [];
                list.Add(node);
            }

            if (needs.Count == 0) ready.Push(node);
        }

        while (ready.TryPop(out var node))
        {
            Judge(node);
            foreach (var child in children.GetValueOrDefault(node.Commit.Id) ?? [])
            {
                if (--open[child.Commit.Id] == 0) ready.Push(child);
            }
        }
    }

    private static HashSet<CommitId> Needs(MembershipCommit commit)
    {
        HashSet<CommitId> needs = [.. commit.Header.Members];
        if (!commit.Header.Previous.IsZero) needs.Add(commit.Header.Previous);
        return needs;
    }

    private void Judge(Node node)
    {
        var commit = node.Commit;
        foreach (var id in commit.Header.Members) node.Parents.Add(_nodes[id]);
        node.Depth = node.Parents.Count == 0 ? 0 : 1 + node.Parents.Max(p => p.Depth);
        bool blocked = Needs(commit).Any(id => _nodes[id].Standing is MembershipStanding.Parked or MembershipStanding.BehindParked);
        node.Members = Union(node.Parents);
        node.Policy = node.Parents.Count == 0 ? null : node.Parents.Max(p => p.Policy);
        if (blocked) node.Standing = MembershipStanding.BehindParked;
        else if (node.Parents.Count == 0) Found(node);
        else if (!MayWrite(node) || !PastHoldsThatOfPrevious(node)) node.Standing = MembershipStanding.Invalid;
        else if (NeedsNewerVersion(commit)) node.Standing = MembershipStanding.Parked;
        else Apply(node);
    }

    private void Found(Node node)
    {
        node.Standing = MembershipStanding.Invalid;
        if (GenesisOf(node.Commit) is not { } genesis) return;
        node.Standing = MembershipStanding.Valid;
        node.Policy = genesis.Record.Policy;
        node.Genesis = genesis;
        node.Members = Nobody.Add(genesis.Record.Founder, new(genesis.Certificate, genesis.Name, node.Commit.Id, 0, 0));
    }

    // M1: by the fold of past(c), which does not hold c itself; so nobody adds himself.
    private static bool MayWrite(Node node)
    {
        if (!node.Members.TryGetValue(node.Commit.Header.Device, out var author) || !author.IsFull) return false;
        bool adds = node.Commit.Operations.Any(o => o is MembershipOperation.Add);
        return !adds || node.Policy != MembershipPolicy.Administrators || author.Certificate.Role == DeviceRole.Administrator;
    }

    // Flags of newer versions count like kinds of newer versions.
    private static bool NeedsNewerVersion(MembershipCommit commit) =>
        (commit.Header.Flags & ~CommitFlags.Atomic) != 0 || commit.Operations.Any(o => o is MembershipOperation.Unknown);

    private void Apply(Node node)
    {
        node.Standing = MembershipStanding.Valid;
        var members = node.Members;
        for (int i = 0; i < node.Commit.Operations.Count; i++)
        {
            if (node.Commit.Operations[i] is MembershipOperation.Add add && IsGood(add.Certificate))
            {
                // Any add in the past has a smaller depth and stands before this one.
                if (!members.ContainsKey(add.Certificate.Device)) members = members.Add(add.Certificate.Device, new(add.Certificate, add.Name, node.Commit.Id, node.Depth, i));
            }
            else if ((node.Commit.Header.Flags & CommitFlags.Atomic) != 0)
            {
                // All or none (format-1 §7).
                return;
            }
        }

        node.Members = members;
    }

    private bool IsGood(DeviceCertificate certificate) => certificate.VaultId == _vault && !_isLowOrder(certificate.ExchangeKey) && certificate.HasValidSignature(_verifier);

    // "its past contains the past of prev's" (format-1 §3): an author does not forget what it knew.
    private bool PastHoldsThatOfPrevious(Node node)
    {
        var previousId = node.Commit.Header.Previous;
        if (previousId.IsZero) return true;
        var previous = _nodes[previousId];
        if (node.Parents.Contains(previous)) return true;
        var missing = new HashSet<Node>(previous.Parents);
        int floor = missing.Count == 0 ? 0 : missing.Min(m => m.Depth);
        var seen = new HashSet<Node>();
        var stack = new Stack<Node>(node.Parents);
        while (missing.Count > 0 && stack.TryPop(out var next))
        {
            if (next == previous) return true;
            missing.Remove(next);
            foreach (var parent in next.Parents)
            {
                // Nothing below the lowest one that is looked for can lead to it.
                if (parent.Depth >= floor && seen.Add(parent)) stack.Push(parent);
            }
        }

        return missing.Count == 0;
    }

    private static ImmutableSortedDictionary<DeviceId, Member> Union(List<Node> parents)
    {
        var union = Nobody;
        foreach (var parent in parents.OrderByDescending(p => p.Members.Count))
        {
            if (union.IsEmpty) union = parent.Members;
            if (ReferenceEquals(union, parent.Members)) continue;
            foreach (var (device, member) in parent.Members)
            {
                if (!union.TryGetValue(device, out var known)) union = union.Add(device, member);
                else if (!ReferenceEquals(Member.Earlier(known, member), known)) union = union.SetItem(device, member);
            }
        }

        return union;
    }

    /// <summary>A commit and, once it was judged, the fold of its past*.</summary>
    internal sealed class Node(MembershipCommit commit)
    {
        public MembershipCommit Commit { get; } = commit;

        public List<Node> Parents { get; } = [];

        public int Depth { get; set; }

        public MembershipStanding Standing { get; set; } = MembershipStanding.Waiting;

        public ImmutableSortedDictionary<DeviceId, Member> Members { get; set; } = Nobody;

        public MembershipPolicy? Policy { get; set; }

        public MembershipOperation.Genesis? Genesis { get; set; }
    }
}
