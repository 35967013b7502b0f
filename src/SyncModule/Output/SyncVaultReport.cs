namespace SyncModule;

/// <summary>What Test-SyncVault and Repair-SyncVault found.</summary>
public sealed class SyncVaultReport
{
    public required string Vault { get; init; }

    /// <summary>True when nothing is damaged and nothing is missing.</summary>
    public required bool Healthy { get; init; }

    /// <summary>Records looked at.</summary>
    public long Checked { get; init; }

    public IReadOnlyList<string> Damaged { get; init => field = Listed.AsArray(value); } = [];

    public long Repaired { get; init; }

    /// <summary>Objects that are still to be fetched from a peer.</summary>
    public long Missing { get; init; }
}
