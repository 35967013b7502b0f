namespace SyncModule;

/// <summary>One peer of a vault, seen from here without asking the network; a vault without peers has one row of state NoPeers.</summary>
public sealed class SyncStatus
{
    public required string Vault { get; init; }

    public string? Peer { get; init; }

    public required SyncPeerState State { get; init; }

    public DateTimeOffset? LastSync { get; init; }

    /// <summary>Commits that it held and this device did not, when it was last asked; null = not known.</summary>
    public long? Behind { get; init; }

    /// <summary>Commits of this device that it has not acknowledged; null = not known.</summary>
    public long? Ahead { get; init; }

    /// <summary>Conflicts that wait for a person, in the whole vault; null while it is locked.</summary>
    public int? Waiting { get; init; }

    /// <summary>Derived collections of the vault that are to be made anew here: Update-SyncCollection; null while it is locked.</summary>
    public IReadOnlyList<string>? Stale { get; init => field = Listed.AsArray(value); }

    /// <summary>Milliseconds of the last round trip; null = never measured.</summary>
    public double? RoundTrip { get; init; }

    public IReadOnlyList<string> Address { get; init => field = Listed.AsArray(value); } = [];

    /// <summary>Items of the vault; null while it is locked.</summary>
    public long? Items { get; init; }

    public bool Unlocked { get; init; }

    /// <summary>The vault's state as a word for Get-SyncItem -Since, on any of its devices; null while it is locked.</summary>
    public string? Token { get; init; }
}

/// <summary>How a peer is, as far as this device knows.</summary>
public enum SyncPeerState
{
    /// <summary>A session with it is open in this process.</summary>
    Connected,

    /// <summary>At the last sync both held the same, and nothing was written since.</summary>
    InSync,

    /// <summary>Something waits to be sent or fetched.</summary>
    Behind,

    NeverSynced,

    NoPeers,

    /// <summary>The vault is locked, and peers stand in it.</summary>
    Unknown,
}
