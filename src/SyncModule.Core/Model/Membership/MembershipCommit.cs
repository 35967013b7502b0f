namespace SyncModule.Core.Model.Membership;

/// <summary>A lane-1 commit that was received (bounds, signature, chain) and opened. Its id and header are those of the record.</summary>
public sealed record MembershipCommit(CommitId Id, CommitHeader Header, IReadOnlyList<MembershipOperation> Operations)
{
    public static MembershipCommit Of(Commit commit, ReadOnlySpan<byte> plainBlock) => new(commit.Id, commit.Header, MembershipOperationList.Decode(plainBlock));
}

/// <summary>What a commit of the membership lane is worth.</summary>
public enum MembershipStanding
{
    /// <summary>Its parents or its previous commit are not here.</summary>
    Waiting,

    /// <summary>Its author had the right (M1).</summary>
    Valid,

    /// <summary>Its author had not: no effect, ever.</summary>
    Invalid,

    /// <summary>Valid, with something that a newer version has to apply (M7).</summary>
    Parked,

    /// <summary>It follows a parked commit, so what it means cannot be known here.</summary>
    BehindParked,
}

/// <summary>A device as the fold sees it: the certificate and name of its first add, and where that stands in the graph.</summary>
public sealed record Member(DeviceCertificate Certificate, string Name, CommitId AddedBy, int Depth, int Position)
{
    public DeviceId Device => Certificate.Device;

    /// <summary>Full members may write and, by policy, add; keyless ones may not.</summary>
    public bool IsFull => Certificate.Role is DeviceRole.Full or DeviceRole.Administrator;

    /// <summary>Of two adds of one device the first by (depth, id) stands (M7).</summary>
    internal static Member Earlier(Member left, Member right)
    {
        int c = left.Depth.CompareTo(right.Depth);
        if (c == 0) c = left.AddedBy.CompareTo(right.AddedBy);
        if (c == 0) c = left.Position.CompareTo(right.Position);
        return c <= 0 ? left : right;
    }
}
