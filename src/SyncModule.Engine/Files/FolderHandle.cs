using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Files;

/// <summary>
/// One open folder. Every call names a single entry of it, never a path, and follows no symbolic link, so that whatever others plant
/// or move meanwhile, nothing outside is reached (T17: names are data). Failures are <see cref="DiskException"/>. Safe for many threads but for
/// disposing.
/// </summary>
internal abstract class FolderHandle(string path) : IDisposable
{
    /// <summary>Where the folder was when it was opened: for messages and for telling folders apart, never for access.</summary>
    public string Path { get; } = path;

    /// <summary>Opens an existing folder; the path itself may lead through links.</summary>
    public static FolderHandle Open(string path) => OperatingSystem.IsWindows() ? new PortableFolder(path) : UnixFolder.OpenPath(path);

    /// <summary>The path with every link in it resolved: one name for one folder.</summary>
    public static string Canonical(string path) =>
        OperatingSystem.IsWindows() ? PortableFolder.Resolve(path) : FolderCalls.RealPath(path);

    /// <summary>All names but "." and "..", in no order.</summary>
    public abstract IReadOnlyList<FolderEntry> List();

    /// <summary>Null when nothing has that name.</summary>
    public abstract FileFacts? TryStat(string name);

    public abstract FolderHandle OpenFolder(string name);

    /// <summary>Makes a folder as the user's umask wants it.</summary>
    public abstract void MakeFolder(string name);

    public abstract FileReader OpenFile(string name);

    /// <summary>A new file, 0600. <see cref="DiskFailure.Exists"/> when the name is taken.</summary>
    public abstract FileWriter CreateFile(string name);

    /// <summary>
    /// Opens a file, reads once from its start, looks at what it is now, and closes it. Fewer bytes than the buffer takes are all of it, as
    /// far as <paramref name="facts"/> say so too.
    /// </summary>
    public virtual int ReadOnce(string name, Span<byte> buffer, out FileFacts facts)
    {
        using var reader = OpenFile(name);
        int read = reader.Read(buffer);
        facts = reader.Stat();
        return read;
    }

    /// <summary>Null when the target is not well-formed UTF-8.</summary>
    public abstract string? ReadLink(string name);

    /// <param name="name">The link's own name.</param>
    /// <param name="target">Kept as it is; it need not exist.</param>
    /// <param name="isFolder">Windows has two kinds of links.</param>
    public abstract void MakeLink(string name, string target, bool isFolder);

    /// <summary>Sets the modification time of a link or folder.</summary>
    public abstract void SetTime(string name, long modified);

    /// <summary>Sets the mode of this folder.</summary>
    public abstract void SetMode(int mode);

    /// <summary>Replaces whatever stands at <paramref name="to"/>, unless that is a folder.</summary>
    public abstract void Rename(string from, string to);

    public abstract void RemoveFile(string name);

    /// <summary>Fails when it is not empty.</summary>
    public abstract void RemoveFolder(string name);

    /// <summary>Returns when everything written through handles of this file system is on the disk.</summary>
    public abstract void SyncAll();

    public abstract void Dispose();
}

/// <summary>A file that is read from start to end.</summary>
internal abstract class FileReader : IDisposable
{
    public abstract FileFacts Stat();

    /// <summary>At least one byte, or 0 at the end.</summary>
    public abstract int Read(Span<byte> buffer);

    public abstract void Dispose();
}

/// <summary>A new file that is written from start to end.</summary>
internal abstract class FileWriter : IDisposable
{
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Sets mode and time; nothing may be written behind it.</summary>
    public abstract void Finish(int? mode, long? modified);

    public abstract void Dispose();
}
