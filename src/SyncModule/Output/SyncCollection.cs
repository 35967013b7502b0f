namespace SyncModule;

/// <summary>A collection of a vault and how versions of its items that compete are shown.</summary>
public sealed class SyncCollection
{
    public required string Name { get; init; }

    /// <summary>last-writer-wins, first-writer-wins, field-merge, authority-wins, owned or manual; another name where a newer version has set it.</summary>
    public required string Policy { get; init; }

    /// <summary>The device whose versions stand first; null with every other policy.</summary>
    public string? Authority { get; init; }

    /// <summary>Exceptions for some names, the more specific first: the first that fits decides.</summary>
    public IReadOnlyList<SyncCollectionPattern> Exceptions { get; init => field = Listed.AsArray(value); } = [];

    /// <summary>Fields, as JSON pointers, whose lists are sets.</summary>
    public IReadOnlyList<string> Set { get; init => field = Listed.AsArray(value); } = [];

    /// <summary>Fields, as JSON pointers, whose numbers are counters.</summary>
    public IReadOnlyList<string> Counter { get; init => field = Listed.AsArray(value); } = [];

    /// <summary>Fields, as JSON pointers, that no device sends; / = all.</summary>
    public IReadOnlyList<string> Local { get; init => field = Listed.AsArray(value); } = [];

    /// <summary>Its items are computed on each machine and never sent; Update-SyncCollection makes them.</summary>
    public bool Derived { get; init; }

    /// <summary>Of a derived one: whether something in the vault has changed since it was made here, or it never was. Null of every other.</summary>
    public bool? Stale { get; init; }

    /// <summary>When a derived one was made on this machine; null: not yet.</summary>
    public DateTimeOffset? Made { get; init; }

    /// <summary>Items that were computed here; null where it is not derived.</summary>
    public long? Computed { get; init; }

    /// <summary>Items that were written into a derived one all the same, by a version that does not know the setting; null where it is not derived.</summary>
    public int? Written { get; init; }

    /// <summary>A policy or setting of a newer version: the default shows instead.</summary>
    public bool PolicyUnknown { get; init; }

    public required string Vault { get; init; }

    public override string ToString() => Name;
}

/// <summary>A policy for the names that a pattern fits.</summary>
public sealed class SyncCollectionPattern
{
    /// <summary>* is any run of characters, ? is one; case counts.</summary>
    public required string Pattern { get; init; }

    public required string Policy { get; init; }

    public string? Authority { get; init; }

    public bool PolicyUnknown { get; init; }

    public override string ToString() => $"{Pattern}: {Policy}{(Authority is null ? "" : " of " + Authority)}";
}
