namespace SyncModule;

/// <summary>An invite for one machine. <see cref="Invite"/> is a secret until it is used or expires.</summary>
public sealed class SyncInvite
{
    public required string Invite { get; init; }

    public required IReadOnlyList<string> Address { get; init => field = Listed.AsArray(value); }

    public DateTimeOffset Expires { get; init; }

    public required string Vault { get; init; }

    /// <summary>The invite was written to the screen in one line: a list would break it into several, which cannot be pasted.</summary>
    public bool Shown { get; init; }

    public override string ToString() => Invite;
}

/// <summary>What Connect-SyncVault did: a new copy of a vault on this machine.</summary>
public sealed class SyncConnection
{
    public required string Vault { get; init; }

    /// <summary>The device that had made the invite.</summary>
    public required string Peer { get; init; }

    public required string Path { get; init; }

    public required string Device { get; init; }

    public required SyncOutcome Outcome { get; init; }

    public long Received { get; init; }

    public double Seconds { get; init; }
}
