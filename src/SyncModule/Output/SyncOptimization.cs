namespace SyncModule;

/// <summary>What Optimize-SyncVault has done, or would do.</summary>
public sealed class SyncOptimization
{
    public required string Vault { get; init; }

    /// <summary>True for a plan: nothing was written.</summary>
    public bool WhatIf { get; init; }

    /// <summary>Deletions that every device has, and that are forgotten everywhere.</summary>
    public long Deletions { get; init; }

    /// <summary>Commits of replaced versions that go from this device's disk; 0 without -DropHistory.</summary>
    public long Versions { get; init; }

    public long VersionBytes { get; init; }

    /// <summary>Objects that no version names which stays here.</summary>
    public long Objects { get; init; }

    public long ObjectBytes { get; init; }

    /// <summary>Bytes of log and packs that the folder has less than before; 0 for a plan.</summary>
    public long Freed { get; init; }

    /// <summary>Names of devices that nobody has heard of, or that have written what is not here: while there is one, nothing is forgotten.</summary>
    public IReadOnlyList<string> WaitingFor { get; init => field = Listed.AsArray(value); } = [];

    /// <summary>The error id that says why nothing is taken from the disk now; null where nothing stands against it.</summary>
    public string? Blocked { get; init; }

    /// <summary>All devices of the vault, this one first.</summary>
    public IReadOnlyList<SyncDevice> Devices { get; init => field = Listed.AsArray(value); } = [];
}

/// <summary>A device of the vault, and how far it has come.</summary>
public sealed class SyncDevice
{
    public required string Name { get; init; }

    /// <summary>64 hex digits.</summary>
    public required string DeviceId { get; init; }

    public bool IsThisDevice { get; init; }

    /// <summary>When it said last what it has; null = it was never heard, or it is this one.</summary>
    public DateTimeOffset? Acknowledged { get; init; }

    /// <summary>Commits that are here and that it has not acknowledged.</summary>
    public long Lacks { get; init; }

    /// <summary>Commits that it has and that are not here.</summary>
    public long Unseen { get; init; }

    /// <summary>Nobody waits for it.</summary>
    public bool Retired { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Name;
}
