namespace SyncModule;

/// <summary>A derived collection that is to be made anew on this machine: something in the vault has changed since, or it was never made. It can be piped to Update-SyncCollection.</summary>
public sealed class SyncStale : SyncEvent
{
    public required string Collection { get; init; }

    /// <summary>The collection again, so that the record can be piped to the commands on collections.</summary>
    public string Name => Collection;

    /// <summary>When its content was made; null: not yet.</summary>
    public DateTimeOffset? Made { get; init; }
}
