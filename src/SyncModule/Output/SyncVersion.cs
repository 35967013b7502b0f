namespace SyncModule;

/// <summary>What has become of a version of an item.</summary>
public enum SyncVersionState
{
    /// <summary>It stands.</summary>
    Active,

    /// <summary>It is there, but another one stands.</summary>
    Competing,

    /// <summary>A later one replaced it; it can be read and restored.</summary>
    Replaced,
}

/// <summary>One version of an item, as Get-SyncHistory shows it.</summary>
public class SyncVersion
{
    public required string Name { get; init; }

    /// <summary>16 hex digits, the same on every machine.</summary>
    public required string Version { get; init; }

    public required string Device { get; init; }

    public DateTimeOffset At { get; init; }

    public long Length { get; init; }

    public bool Deleted { get; init; }

    public required SyncVersionState State { get; init; }

    /// <summary>True for the version that stands.</summary>
    public bool Active => State == SyncVersionState.Active;

    /// <summary>Why, in words.</summary>
    public required string Why { get; init; }

    public required string Collection { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Version;
}

/// <summary>A version of an item as Resolve-SyncMerge -Explain gives it: it shows the item's versions beside each other, and its own line below.</summary>
public sealed class SyncExplainedVersion : SyncVersion
{
    /// <summary>The item and its versions for a terminal of 80 columns, the same for each of them.</summary>
    public required string Explanation { get; init; }
}
