namespace SyncModule.Engine.Storage;

/// <summary>How <see cref="IDisk.Open"/> treats a file that is there, or is not.</summary>
public enum DiskOpen
{
    /// <summary>Must exist; writing is refused.</summary>
    Read,

    /// <summary>Must exist.</summary>
    ReadWrite,

    /// <summary>Must not exist (<see cref="DiskFailure.Exists"/>).</summary>
    CreateNew,

    /// <summary>Made empty when absent, else opened as it is; never cut.</summary>
    OpenOrCreate,
}

/// <summary>
/// The only way storage reaches a disk: one folder, seen through '/'-separated relative paths ("" is the folder itself).
/// Everything is synchronous and every failure is a <see cref="DiskException"/>; .NET's own file API hides a failed fsync, so
/// durable state must never go round this seam. Files are made 0600 and folders 0700 from their first byte.
/// A path that is absolute or holds an empty, "." or ".." segment, a backslash or NUL is an <see cref="ArgumentException"/>.
/// </summary>
public interface IDisk
{
    /// <summary>Opens a file. Its name is durable only after <see cref="SyncFolder"/> of the folder that holds it.</summary>
    IDiskFile Open(string path, DiskOpen mode);

    /// <summary>True for a file or a folder.</summary>
    bool Exists(string path);

    /// <summary>Bytes in a file; null when there is none.</summary>
    long? TryGetLength(string path);

    /// <summary>Names of the plain files in a folder (not of folders), in ordinal order; empty when the folder is absent.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Makes a folder and its parents; no error when it is there. Syncs the parents it made entries in.</summary>
    void CreateFolder(string path);

    /// <summary>Moves a file over whatever has the new name, atomically. Durable after <see cref="SyncFolder"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; no error when it is absent. Durable after <see cref="SyncFolder"/>.</summary>
    void Delete(string path);

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    void SyncFolder(string path);

    /// <summary>
    /// Takes an advisory lock on a lock file (made when absent), or returns null at once. It works across processes and between
    /// two callers in one process, ends with the process, and is released by disposing. Lock files are never deleted.
    /// </summary>
    IDisposable? TryLock(string path, bool shared = false);

    /// <summary>As <see cref="TryLock"/>, but waits. Throws <see cref="SyncErrors.VaultBusy"/> after <paramref name="timeout"/>.</summary>
    IDisposable Lock(string path, TimeSpan timeout, bool shared = false);

    /// <summary>
    /// Machine id, inode and birth time of a file, as text: it differs when the folder was copied, restored or moved to another
    /// machine (format-1 §2). Compare for equality only, and of a file that is never replaced: a replacement is another inode.
    /// </summary>
    string InstanceCookie(string path);

    /// <summary>Differs after every boot: what was written but not synced before it cannot be trusted.</summary>
    string BootId { get; }

    /// <summary>True where locks and flushes cannot be trusted; vaults are refused there (format-1 §12).</summary>
    bool IsNetworkFileSystem { get; }

    /// <summary>True when the file system is mounted read-only or the folder may not be written by this user.</summary>
    bool IsReadOnly { get; }
}

/// <summary>
/// An open file. Offsets are absolute; there is no position. After a failed <see cref="Sync"/> each later write or sync on this
/// object throws: the kernel reports a lost page only once, so a second, "successful" sync would be a lie.
/// </summary>
public interface IDiskFile : IDisposable
{
    /// <summary>What <see cref="WriteDirect"/> wants: the page size, and no disk has larger sectors.</summary>
    const int DirectAlignment = 4096;

    /// <summary>Bytes in the file now, other processes' writes included.</summary>
    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; returns the bytes read.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all bytes or throws; after a throw any part of them may be there.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// As <see cref="Write"/>, but past the page cache where the file system can do that: for bulk that is not read again soon. Where it
    /// cannot, an ordinary write. Offset, length and address are multiples of <see cref="DirectAlignment"/>, else <see cref="ArgumentException"/>.
    /// </summary>
    void WriteDirect(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Returns when content and length are on the disk; checked (fdatasync, F_FULLFSYNC, FlushFileBuffers). May run while another thread writes: what that writes meanwhile is not covered.</summary>
    void Sync();

    /// <summary>
    /// Asks the disk to begin with what was written there, so that a <see cref="Sync"/> a moment later waits less. Promises nothing: only the sync says
    /// what is on the disk. Does nothing where the system has no such call; fails as a sync does, and is as final then.
    /// </summary>
    void BeginSync(long offset, long length);

    /// <summary>Reserves room up to <paramref name="length"/> bytes without changing <see cref="Length"/>. Does nothing where the file system cannot; throws Full where it is full.</summary>
    void Preallocate(long length);

    /// <summary>Cuts or extends with zeros.</summary>
    void SetLength(long length);

    /// <summary>What every implementation of <see cref="WriteDirect"/> checks first.</summary>
    internal static unsafe void CheckDirect(long offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            if (offset % DirectAlignment != 0 || bytes.Length % DirectAlignment != 0 || (nuint)start % DirectAlignment != 0) throw new ArgumentException("A direct write begins and ends at multiples of 4096, in the file and in memory.", nameof(bytes));
        }
    }
}
