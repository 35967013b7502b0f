using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>Why one item was not written; becomes a problem in the result.</summary>
internal sealed class ExportRefusal(SyncErrorKind kind, string message) : Exception(message)
{
    public SyncErrorKind Kind { get; } = kind;
}

/// <summary>
/// The folder that is exported into. Walks to the folder of an item without following a link, tells what stands at its name, and puts
/// something else there in one step, so that a cut leaves the old file or the new one.
/// </summary>
internal sealed class ExportTarget(FolderHandle root, VaultFolderCheck own, VaultKeys keys) : IDisposable
{
    private const int PrivateMode = 0x180; // 0600

    private readonly FolderCursor _cursor = new(root);
    private readonly Id32 _empty = keys.Genesis.ContentOf(Core.Encoding.Digest.Hash([]));
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly ContentHasher _content = new(keys); // of what is written
    private readonly ContentHasher _standing = new(keys); // of what stands there, which is also looked at while something is written

    /// <summary>The folder that holds the item; made when it is not there. With <paramref name="make"/> false, null then.</summary>
    public FolderHandle? FolderOf(ExportItem item, bool make)
    {
        try
        {
            return _cursor.Go(item.Components.AsSpan(0, item.Components.Length - 1), (parent, name) => Enter(parent, name, make), RefuseVault);
        }
        catch (DiskException e) when (!make && e.Failure == DiskFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>What stands there, as a version. Reads the file only when its stamp is not that of the base. Null: nothing that could be compared.</summary>
    public FileVersion? VersionOf(FolderHandle folder, string name, FileFacts facts, ImportBase? known)
    {
        if (known is not null && known.Stamp == facts.Stamp && known.Version.Kind == facts.Kind) return known.Version;
        return facts.Kind switch
        {
            EntryKind.Link => folder.ReadLink(name) is { } target ? new(EntryKind.Link, null, target, _empty) : null,
            EntryKind.Folder => new(EntryKind.Folder, facts.Mode, null, _empty),
            EntryKind.File => HashOf(folder, name, facts) is { } content ? new(EntryKind.File, facts.Mode, null, content) : null,
            _ => null,
        };
    }

    /// <summary>True when the file is not what it was when it was looked at.</summary>
    public static bool Changed(FolderHandle folder, string name, FileFacts seen) => folder.TryStat(name)?.Stamp != seen.Stamp;

    /// <summary>Writes a file beside its place and moves it there. Gives its content MAC and stamp.</summary>
    public (Id32 Content, FileStamp? Stamp) WriteFile(FolderHandle folder, string name, IEnumerable<byte[]> pieces, int? mode, long? modified, Action confirm)
    {
        string temporary = TemporaryName.New();
        _content.Reset(); // of a file that could not be written to its end
        using (var writer = folder.CreateFile(temporary))
        {
            try
            {
                foreach (byte[] piece in pieces)
                {
                    _content.Append(piece);
                    writer.Write(piece);
                }

                writer.Finish(mode ?? PrivateMode, modified);
            }
            catch
            {
                Discard(folder, temporary);
                throw;
            }
        }

        return (_content.Finish(), Place(folder, temporary, name, confirm));
    }

    public FileStamp? WriteLink(FolderHandle folder, string name, string target, long? modified, Action confirm)
    {
        string temporary = TemporaryName.New();
        folder.MakeLink(temporary, target, isFolder: false);
        if (modified is { } time) folder.SetTime(temporary, time);
        return Place(folder, temporary, name, confirm);
    }

    public FileStamp? WriteFolder(FolderHandle folder, string name, int? mode, long? modified)
    {
        if (folder.TryStat(name) is null) folder.MakeFolder(name);
        using (var made = folder.OpenFolder(name))
        {
            if (mode is { } bits) made.SetMode(bits);
        }

        if (modified is { } time) folder.SetTime(name, time);
        return folder.TryStat(name) is { } facts ? Stamp(facts) : null;
    }

    /// <summary>Removes what stands at a name, and then the folders above that are empty by it. False for a folder that holds other files by now.</summary>
    public bool Remove(ExportItem item, FolderHandle folder, bool isFolder)
    {
        if (!isFolder) folder.RemoveFile(item.Components[^1]);
        else if (!TryRemoveFolder(folder, item.Components[^1])) return false;
        for (int depth = item.Components.Length - 1; depth > 0; depth--)
        {
            var parent = _cursor.Go(item.Components.AsSpan(0, depth - 1)); // closes the folder that goes
            if (!TryRemoveFolder(parent, item.Components[depth - 1])) break;
        }

        return true;
    }

    /// <summary>The stamp that is kept in a base: of a folder only what its own item says.</summary>
    public static FileStamp Stamp(FileFacts facts) => facts.Kind == EntryKind.Folder ? facts.Stamp with { Size = 0 } : facts.Stamp;

    public void Dispose()
    {
        _cursor.Dispose();
        _content.Dispose();
        _standing.Dispose();
    }

    private static void Enter(FolderHandle parent, string name, bool make)
    {
        switch (parent.TryStat(name)?.Kind)
        {
            case EntryKind.Folder:
                return;
            case null when make:
                parent.MakeFolder(name);
                return;
            case null:
                throw new DiskException(DiskFailure.NotFound, "open", name, "no such folder");
            case EntryKind.Link:
                throw new ExportRefusal(SyncErrors.NameUnsafe, $"'{name}' is a symbolic link here; links are not followed");
            default:
                throw new ExportRefusal(SyncErrors.LocalChanges, $"'{name}' is a file here and a folder in the vault");
        }
    }

    private static bool TryRemoveFolder(FolderHandle parent, string name)
    {
        try
        {
            parent.RemoveFolder(name);
            return true;
        }
        catch (DiskException)
        {
            return false; // not empty: it stays
        }
    }

    private void RefuseVault(FolderHandle folder)
    {
        if (own.IsVault(folder)) throw new ExportRefusal(SyncErrors.NameUnsafe, "the vault's own folder is not written into");
    }

    // Whoever writes between the rename and this look has other facts: then there is no base, and the next import sees a change.
    private static FileStamp? Place(FolderHandle folder, string temporary, string name, Action confirm)
    {
        try
        {
            var before = folder.TryStat(temporary);
            confirm();
            folder.Rename(temporary, name);
            var after = folder.TryStat(name);
            return after is { } a && before is { } b && a.Inode == b.Inode && a.Size == b.Size && a.Modified == b.Modified ? a.Stamp : null;
        }
        catch
        {
            Discard(folder, temporary);
            throw;
        }
    }

    private static void Discard(FolderHandle folder, string temporary)
    {
        try
        {
            folder.RemoveFile(temporary);
        }
        catch (DiskException)
        {
            // The first error is the one to report; imports leave such names out.
        }
    }

    private Id32? HashOf(FolderHandle folder, string name, FileFacts facts)
    {
        using var reader = folder.OpenFile(name);
        _standing.Reset();
        for (int read; (read = reader.Read(_buffer)) > 0;) _standing.Append(_buffer.AsSpan(0, read));
        return reader.Stat().Stamp == facts.Stamp ? _standing.Finish() : null;
    }
}
