namespace SyncModule;

/// <summary>Another device of the vault, or a machine whose address is known.</summary>
public sealed class SyncPeer
{
    public required string Name { get; init; }

    /// <summary>The same, for what takes it as -Peer: a vault has a name too, and must not be taken for a peer.</summary>
    public string Peer => Name;

    /// <summary>64 hex digits; null until it has answered once.</summary>
    public string? DeviceId { get; init; }

    /// <summary>Where it is reached; empty = it connects to us, or its address was not given yet.</summary>
    public IReadOnlyList<string> Address { get; init => field = Listed.AsArray(value); } = [];

    public SyncPeerRole Role { get; init; }

    public DateTimeOffset? LastSync { get; init; }

    /// <summary>Commits that it held and this device did not, when it was last asked; null = never asked.</summary>
    public long? Behind { get; init; }

    /// <summary>Commits of this device that it has not acknowledged; null = never asked.</summary>
    public long? Ahead { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Name;
}

/// <summary>What a peer is to the vault.</summary>
public enum SyncPeerRole
{
    /// <summary>A device of the vault.</summary>
    Member,

    /// <summary>An address that has not answered yet.</summary>
    Unknown,

    /// <summary>This device.</summary>
    Self,
}

/// <summary>What Test-SyncPeer found.</summary>
public sealed class SyncPeerReport
{
    public required string Peer { get; init; }

    public required bool Reachable { get; init; }

    public string? Address { get; init; }

    /// <summary>Null when it was not reached.</summary>
    public string? DeviceId { get; init; }

    /// <summary>Milliseconds from the call to the end of the handshake.</summary>
    public double? Milliseconds { get; init; }

    public string? ErrorId { get; init; }

    public string? Message { get; init; }

    public required string Vault { get; init; }
}
