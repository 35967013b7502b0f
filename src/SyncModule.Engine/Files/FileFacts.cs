namespace SyncModule.Engine.Files;

/// <summary>What stands at a name of a folder.</summary>
internal enum EntryKind
{
    File,

    /// <summary>A symbolic link; never followed.</summary>
    Link,

    Folder,

    /// <summary>A socket, device or pipe: nothing that can be kept.</summary>
    Other,
}

/// <summary>
/// What the system says about one name, links not followed. Times in nanoseconds since 1970; <paramref name="Changed"/> (ctime) and
/// <paramref name="Inode"/> are 0 and <paramref name="Mode"/> is null where the system has none. Mode = the nine permission bits.
/// </summary>
internal readonly record struct FileFacts(EntryKind Kind, long Size, long Modified, long Changed, ulong Inode, int? Mode)
{
    /// <summary>Set-user-id and its like do not travel: a vault must not hand out rights.</summary>
    public const int ModeMask = 0x1FF;

    public FileStamp Stamp => new(Size, Modified, Changed, Inode);

    /// <summary>Nanoseconds that fit into 64 bits: 1677 to 2262; times outside are cut to that.</summary>
    public static long Nanoseconds(long seconds, long rest) =>
        seconds > 9_223_372_035 ? long.MaxValue : seconds < -9_223_372_036 ? long.MinValue : (seconds * 1_000_000_000) + rest;
}

/// <summary>Equal stamps: the file was not touched between. Any write, rename or change of mode moves the change time.</summary>
internal readonly record struct FileStamp(long Size, long Modified, long Changed, ulong Inode);

/// <summary>One name in a folder. <paramref name="Name"/> is null when the name is not well-formed UTF-8; <paramref name="Shown"/> can be shown then.</summary>
internal readonly record struct FolderEntry(string? Name, string Shown);
