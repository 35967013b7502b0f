namespace SyncModule;

/// <summary>A record that belongs to one device: it alone changes it, everybody reads it.</summary>
public sealed class SyncOwner
{
    public required string Collection { get; init; }

    /// <summary>The record with what stands under its name and a /; "" is the whole collection.</summary>
    public required string Unit { get; init; }

    /// <summary>The device's name.</summary>
    public required string Owner { get; init; }

    /// <summary>This device is the owner.</summary>
    public bool IsSelf { get; init; }

    public DateTimeOffset Since { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Unit.Length == 0 ? Collection : Unit;
}

/// <summary>A change by a device that did not own the item. It is kept and changes nothing.</summary>
public sealed class SyncRefusedWrite
{
    public required string Collection { get; init; }

    /// <summary>The item.</summary>
    public required string Name { get; init; }

    /// <summary>The id of what was written.</summary>
    public required string Version { get; init; }

    /// <summary>Who wrote it.</summary>
    public required string Device { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Who owns the item now; null when nobody does any more.</summary>
    public string? Owner { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Name;
}
