namespace SyncModule;

/// <summary>A vault of this user, as Get-SyncVault shows it. Counts are null while it is locked.</summary>
public sealed class SyncVault
{
    public required string Name { get; init; }

    /// <summary>The vault's folder.</summary>
    public required string Path { get; init; }

    /// <summary>What this machine is called in the vault; null while it is locked.</summary>
    public string? Device { get; init; }

    public long? Items { get; init; }

    public int? Peers { get; init; }

    public required SyncVaultState State { get; init; }

    /// <summary>Commands mean this vault when none is named.</summary>
    public bool Default { get; init; }

    /// <summary>The key file that opens it without asking; null = none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>64 hex digits, the same on every machine; null when the folder cannot be read.</summary>
    public string? VaultId { get; init; }

    /// <summary>The name again, so that a vault can be piped to every -Vault.</summary>
    public string Vault => Name;

    public override string ToString() => Name;
}

/// <summary>Whether a vault can be used at this moment.</summary>
public enum SyncVaultState
{
    /// <summary>It has to be unlocked first; commands do that by themselves where they can.</summary>
    Locked,

    /// <summary>Open in this process.</summary>
    Unlocked,

    /// <summary>There is no vault in the folder any more.</summary>
    Missing,

    /// <summary>vault.json is there and cannot be read.</summary>
    Damaged,
}
