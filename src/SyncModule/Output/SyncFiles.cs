namespace SyncModule;

/// <summary>What an import or an export did; the last and only record of it.</summary>
public sealed class SyncFiles
{
    public required string Vault { get; init; }

    /// <summary>Files, links and empty folders that were put or written.</summary>
    public long Files { get; init; }

    public long Bytes { get; init; }

    /// <summary>Import: bytes that were not stored before. Export: bytes that were written.</summary>
    public long NewBytes { get; init; }

    /// <summary>What was right already.</summary>
    public long Skipped { get; init; }

    public long Deleted { get; init; }

    /// <summary>Files that were not taken; each is an error of its own.</summary>
    public int Failed { get; init; }

    /// <summary>From the open vault to everything durable.</summary>
    public double Seconds { get; init; }
}
