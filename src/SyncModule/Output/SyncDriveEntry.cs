namespace SyncModule;

/// <summary>What Get-ChildItem shows in a SyncVault: drive: an item, or a folder, which exists only as the beginning of items' names.</summary>
public sealed class SyncDriveEntry
{
    /// <summary>The whole name of the item, as the item commands know it.</summary>
    public required string Name { get; init; }

    /// <summary>The part of the name behind the last /.</summary>
    public required string Leaf { get; init; }

    public required SyncItemType Type { get; init; }

    /// <summary>Null for a folder.</summary>
    public long? Length { get; init; }

    /// <summary>Null for a folder.</summary>
    public DateTimeOffset? Modified { get; init; }

    /// <summary>Null for a folder.</summary>
    public string? Device { get; init; }

    /// <summary>Where it stands: SyncVault:/VAULT/FOLDER.</summary>
    public required string Folder { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Name;
}
