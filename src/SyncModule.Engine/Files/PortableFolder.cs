using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Files;

/// <summary>
/// A folder on Windows, through .NET's paths. There is no open relative to a handle: reparse points are looked for before each step,
/// so a link that somebody plants at the same moment is not excluded as it is on Linux and macOS.
/// </summary>
internal sealed class PortableFolder(string path) : FolderHandle(path)
{
    private const long TicksAt1970 = 621_355_968_000_000_000;

    public static string Resolve(string path) => Guard("open", path, () => new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? System.IO.Path.GetFullPath(path));

    public override IReadOnlyList<FolderEntry> List() => Guard("list", "", () =>
        (IReadOnlyList<FolderEntry>)[.. new DirectoryInfo(Path).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }).Select(i => new FolderEntry(IsWellFormed(i.Name) ? i.Name : null, i.Name))]);

    public override FileFacts? TryStat(string name) => Guard("stat", name, () =>
    {
        var info = new FileInfo(At(name));
        if (!info.Exists && !Directory.Exists(info.FullName)) return (FileFacts?)null;
        return FactsOf(info);
    });

    public override FolderHandle OpenFolder(string name) =>
        TryStat(name) is { Kind: EntryKind.Folder } ? new PortableFolder(At(name)) : throw new DiskException(DiskFailure.NotFound, "open", name, "not a folder");

    public override void MakeFolder(string name) => Guard("mkdir", name, () => Directory.CreateDirectory(At(name)));

    public override FileReader OpenFile(string name)
    {
        if (TryStat(name) is not { Kind: EntryKind.File }) throw new DiskException(DiskFailure.NotFound, "open", name, "not a file");
        return Guard("open", name, () => new Reader(new FileStream(At(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1)));
    }

    public override FileWriter CreateFile(string name) => Guard("open", name, () => new Writer(new FileStream(At(name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1)));

    public override string? ReadLink(string name) => Guard("readlink", name, () => new FileInfo(At(name)).LinkTarget is { } target && IsWellFormed(target) ? target : null);

    public override void MakeLink(string name, string target, bool isFolder) => Guard<object>("symlink", name, () => isFolder ? Directory.CreateSymbolicLink(At(name), target) : File.CreateSymbolicLink(At(name), target));

    public override void SetTime(string name, long modified) => Guard("utimens", name, () =>
    {
        if (TryStat(name) is { Kind: EntryKind.Folder }) Directory.SetLastWriteTimeUtc(At(name), FromNanoseconds(modified));
        return 0;
    });

    public override void SetMode(int mode)
    {
        // Windows has no permission bits.
    }

    public override void Rename(string from, string to) => Guard("rename", to, () =>
    {
        File.Move(At(from), At(to), overwrite: true);
        return 0;
    });

    public override void RemoveFile(string name) => Guard("unlink", name, () =>
    {
        var info = new FileInfo(At(name));
        if ((info.Attributes & FileAttributes.Directory) != 0) Directory.Delete(At(name), recursive: false); // a link to a folder
        else File.Delete(At(name));
        return 0;
    });

    public override void RemoveFolder(string name) => Guard("rmdir", name, () =>
    {
        Directory.Delete(At(name), recursive: false);
        return 0;
    });

    public override void SyncAll()
    {
        // Each file was flushed when it was finished.
    }

    public override void Dispose()
    {
    }

    private static DateTime FromNanoseconds(long time) => new(TicksAt1970 + (time / 100), DateTimeKind.Utc);

    private static FileFacts FactsOf(FileInfo info)
    {
        var kind = info.LinkTarget is not null ? EntryKind.Link : (info.Attributes & FileAttributes.Directory) != 0 ? EntryKind.Folder : (info.Attributes & FileAttributes.Device) != 0 ? EntryKind.Other : EntryKind.File;
        return new(kind, kind == EntryKind.File ? info.Length : 0, (info.LastWriteTimeUtc.Ticks - TicksAt1970) * 100, 0, 0, null);
    }

    private static bool IsWellFormed(string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (!char.IsSurrogate(name[i])) continue;
            if (i + 1 >= name.Length || !char.IsSurrogatePair(name[i], name[i + 1])) return false;
            i++;
        }

        return true;
    }

    private static T Guard<T>(string operation, string name, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (DiskException)
        {
            throw;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DiskException(DiskFailure.Denied, operation, name, e.Message, e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DiskException(DiskFailure.NotFound, operation, name, e.Message, e);
        }
        catch (IOException e)
        {
            var failure = (e.HResult & 0xFFFF) switch { 112 or 39 => DiskFailure.Full, 80 or 183 => DiskFailure.Exists, 19 => DiskFailure.ReadOnly, 32 => DiskFailure.Denied, _ => DiskFailure.Failed };
            throw new DiskException(failure, operation, name, e.Message, e);
        }
    }

    private string At(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.AsSpan().IndexOfAny("/\\:\0") < 0 ? System.IO.Path.Combine(Path, name) : throw new ArgumentException("Not the name of an entry.", nameof(name));

    private sealed class Reader(FileStream stream) : FileReader
    {
        public override FileFacts Stat() => Guard("stat", stream.Name, () => FactsOf(new FileInfo(stream.Name)) with { Size = stream.Length });

        public override int Read(Span<byte> buffer)
        {
            try
            {
                return stream.Read(buffer);
            }
            catch (IOException e)
            {
                throw new DiskException(DiskFailure.Failed, "read", System.IO.Path.GetFileName(stream.Name), e.Message, e);
            }
        }

        public override void Dispose() => stream.Dispose();
    }

    private sealed class Writer(FileStream stream) : FileWriter
    {
        public override void Write(ReadOnlySpan<byte> bytes)
        {
            try
            {
                stream.Write(bytes);
            }
            catch (IOException e)
            {
                throw new DiskException((e.HResult & 0xFFFF) is 112 or 39 ? DiskFailure.Full : DiskFailure.Failed, "write", System.IO.Path.GetFileName(stream.Name), e.Message, e);
            }
        }

        public override void Finish(int? mode, long? modified) => Guard("flush", stream.Name, () =>
        {
            stream.Flush(flushToDisk: true);
            if (modified is { } time) File.SetLastWriteTimeUtc(stream.SafeFileHandle, FromNanoseconds(time));
            return 0;
        });

        public override void Dispose() => stream.Dispose();
    }
}
