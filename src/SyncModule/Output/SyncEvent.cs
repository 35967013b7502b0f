namespace SyncModule;

/// <summary>What a record of Start-VaultSync says; safe to filter on under any strict mode, also after serialisation.</summary>
public enum SyncEventKind
{
    /// <summary>Versions competed and one stands: a <see cref="SyncMerge"/>.</summary>
    Merge,

    Connected,

    /// <summary>Other machines can connect from now on; the message is the address.</summary>
    Listening,

    /// <summary>A peer's session ended.</summary>
    Disconnected,

    /// <summary>Changes of a peer are in the vault.</summary>
    Received,

    /// <summary>Both sides hold the same.</summary>
    UpToDate,

    /// <summary>A derived collection is to be made anew here: a <see cref="SyncStale"/>.</summary>
    Stale,

    /// <summary>Records were thrown away because nobody received them.</summary>
    Dropped,

    /// <summary>The last record of a sync: a <see cref="SyncSummary"/>.</summary>
    Summary,
}

/// <summary>One record of Start-VaultSync.</summary>
public class SyncEvent
{
    public required SyncEventKind Kind { get; init; }

    public required string Vault { get; init; }

    /// <summary>The peer's name; null where it concerns all.</summary>
    public string? Peer { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Words for people; their form may change.</summary>
    public string? Message { get; init; }

    /// <summary>Commits received, or records dropped.</summary>
    public long Count { get; init; }

    public override string ToString() => Message is { Length: > 0 } text ? $"{Kind}: {text}" : Kind.ToString();
}
