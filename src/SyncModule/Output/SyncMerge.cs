namespace SyncModule;

/// <summary>Whether the versions of a merge record still compete.</summary>
public enum SyncMergeState
{
    /// <summary>A later version replaced those that competed; the record stands for ever.</summary>
    Settled,

    /// <summary>They compete; a rule says which one is shown.</summary>
    Open,

    /// <summary>They compete and a person has to decide.</summary>
    Waiting,
}

/// <summary>By which rule a winner was found.</summary>
public enum SyncMergeRule
{
    LastWriterWins,

    /// <summary>A later version whose author had seen all of them.</summary>
    Superseded,

    /// <summary>A person chose.</summary>
    Resolved,

    /// <summary>The policy keeps the version that was written first.</summary>
    FirstWriterWins,

    /// <summary>The policy puts the versions of one device first.</summary>
    Authority,

    /// <summary>Fields of several versions stand together; none of them lost.</summary>
    FieldMerge,

    /// <summary>The policy leaves it to a person.</summary>
    Manual,
}

/// <summary>
/// What was decided about versions of one item that were written apart, and why (format-1 §7). Equal on every machine that holds the
/// same changes.
/// </summary>
public sealed class SyncMerge : SyncEvent
{
    /// <summary>64 hex digits.</summary>
    public required string Id { get; init; }

    public required SyncMergeState State { get; init; }

    public required string Collection { get; init; }

    public required string Key { get; init; }

    /// <summary>The item's name again, so that a record can be piped to the item commands.</summary>
    public string Name => Key;

    /// <summary>The part of the item that is meant; "" = the item itself.</summary>
    public string Path { get; init; } = "";

    public required SyncMergeRule Rule { get; init; }

    /// <summary>The device that wrote the version that stands; - where fields of several do, or none until a person has decided.</summary>
    public required string Winner { get; init; }

    /// <summary>The version that stands; while it waits for a person, the one that would by the default.</summary>
    public required string Version { get; init; }

    /// <summary>The versions that were written apart, the one that stands included where it is one of them.</summary>
    public required IReadOnlyList<SyncMergeVersion> Versions { get; init => field = Listed.AsArray(value); }

    /// <summary>How many versions competed.</summary>
    public int Heads => Versions.Count;

    /// <summary>Why, in words.</summary>
    public required string Why { get; init; }

    /// <summary>Automatic, Person or Authority.</summary>
    public required string By { get; init; }

    public override string ToString() => $"{Key}: {Why}";
}

/// <summary>One of the versions that competed.</summary>
public sealed class SyncMergeVersion
{
    public required string Version { get; init; }

    public required string Device { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Plain bytes; 0 for a deletion.</summary>
    public long Length { get; init; }

    public bool Deleted { get; init; }

    public bool Stands { get; init; }

    public override string ToString() => $"{Version} of {Device}";
}
