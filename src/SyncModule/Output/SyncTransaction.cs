namespace SyncModule;

/// <summary>What became of a script block that ran as one transaction.</summary>
public sealed class SyncTransaction
{
    public required string Vault { get; init; }

    /// <summary>The id of the commit, 64 hex digits; null where there was nothing to change.</summary>
    public string? Commit { get; init; }

    /// <summary>Operations in the commit: one an item, and more where fields, counters and sets of one were changed.</summary>
    public int Operations { get; init; }

    /// <summary>Items that were written.</summary>
    public int Written { get; init; }

    /// <summary>Items that were deleted.</summary>
    public int Deleted { get; init; }

    /// <summary>Every replica takes all of it or none, also where it has to refuse one operation.</summary>
    public bool Atomic { get; init; }

    /// <summary>What the script block gave.</summary>
    public IReadOnlyList<object> Output { get; init => field = Listed.AsArray(value); } = [];
}
