namespace SyncModule.Engine.Storage;

/// <summary>What a disk refused, as far as a caller acts differently on it.</summary>
public enum DiskFailure
{
    /// <summary>An I/O error, or anything unexpected: what was being written cannot be trusted.</summary>
    Failed,

    /// <summary>No room, or over a quota.</summary>
    Full,

    /// <summary>The file system is read-only.</summary>
    ReadOnly,

    /// <summary>No such file or folder.</summary>
    NotFound,

    /// <summary>The name is taken.</summary>
    Exists,

    /// <summary>Not allowed for this user.</summary>
    Denied,

    /// <summary>Too many open files.</summary>
    TooManyFiles,
}

/// <summary>One refused disk call. <paramref name="path"/> is relative to the disk's folder and may be shown.</summary>
public sealed class DiskException(DiskFailure failure, string operation, string path, string detail, Exception? inner = null)
    : IOException($"{operation} of {(path.Length == 0 ? "the vault's folder" : $"'{path}'")}: {detail}", inner)
{
    /// <summary>What a caller decides by.</summary>
    public DiskFailure Failure { get; } = failure;

    /// <summary>Name of the call, for example "fdatasync".</summary>
    public string Operation { get; } = operation;

    /// <summary>Path inside the disk's folder.</summary>
    public string Path { get; } = path;

    /// <summary>The error a user sees: DiskFull, VaultReadOnly or DiskFailed.</summary>
    public SyncException ToSyncException() => Failure switch
    {
        DiskFailure.Full => SyncErrors.DiskFull.With(Message, this),
        DiskFailure.ReadOnly or DiskFailure.Denied => SyncErrors.VaultReadOnly.With(Message, this),
        _ => SyncErrors.DiskFailed.With(Message, this),
    };
}
