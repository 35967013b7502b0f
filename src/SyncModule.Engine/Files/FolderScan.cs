using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>One thing in a folder that can become an item. <see cref="Folder"/> and <see cref="Name"/> are as on the disk; <see cref="Key"/> is NFC.</summary>
internal sealed record ScannedFile(string[] Folder, string Name, string Path, string Key, FileFacts Facts);

/// <summary>
/// Lists a folder and everything below it, or what is named in it: files, links and empty folders. Links are never followed; the
/// vault's own folder is left out.
/// </summary>
internal sealed class FolderScan(FolderHandle root, VaultFolderCheck own, string prefix, bool recurse, ImportedKeys keys)
{
    private const int LotOfList = 256;

    private readonly List<FileProblem> _problems = [];
    private readonly List<string> _unread = [];

    public List<ScannedFile> Files { get; } = [];

    public IReadOnlyList<FileProblem> Problems => _problems;

    public long Bytes { get; private set; }

    /// <summary>Folders that were seen and not gone into.</summary>
    public int FoldersLeftOut { get; private set; }

    /// <summary>True when a file may still stand behind this key: it was seen, could not be taken, or lies in a folder that could not be read.</summary>
    public bool MayExist(string key) => keys.Contains(key) || _unread.Exists(folder => folder.Length == 0 || key.StartsWith(folder + "/", StringComparison.Ordinal));

    public void Run(CancellationToken cancellation)
    {
        using var cursor = new FolderCursor(root);
        var open = new Stack<string[]>();
        open.Push([]);
        while (open.TryPop(out var folder))
        {
            cancellation.ThrowIfCancellationRequested();
            Visit(cursor, folder, open);
        }
    }

    /// <summary>Takes what stands at these paths, '/' between names; of a folder what lies in it, or everything below. Gives them in lots, as they are come upon.</summary>
    public IEnumerable<IReadOnlyList<ScannedFile>> Take(IEnumerable<string> paths, CancellationToken cancellation)
    {
        using var cursor = new FolderCursor(root);
        var open = new Stack<string[]>();
        int given = 0;
        foreach (string path in paths)
        {
            cancellation.ThrowIfCancellationRequested();
            Take(cursor, path, open);
            while (open.TryPop(out var folder)) Visit(cursor, folder, open);
            while (Files.Count - given >= LotOfList) yield return Lot(LotOfList);
        }

        if (Files.Count > given) yield return Lot(Files.Count - given);

        List<ScannedFile> Lot(int count)
        {
            given += count;
            return Files.GetRange(given - count, count);
        }
    }

    private void Take(FolderCursor cursor, string path, Stack<string[]> open)
    {
        string[] names = path.Split('/');
        try
        {
            var folder = cursor.Go(names.AsSpan(0, names.Length - 1), entered: RefuseVault);
            if (folder.TryStat(names[^1]) is not { } facts) _problems.Add(new(path, SyncErrors.FileNotFound.Id, "There is no such file"));
            else if (facts.Kind == EntryKind.Folder) open.Push(names);
            else if (!TemporaryName.Is(names[^1])) AddItem(new(names[..^1], names[^1], path, "", facts));
        }
        catch (DiskException e) when (e.Failure == DiskFailure.NotFound)
        {
            _problems.Add(new(path, SyncErrors.FileNotFound.Id, e.Message));
        }
        catch (DiskException e)
        {
            Unreadable(path, e.Message);
        }
        catch (OwnFolderException)
        {
            // Left out without a word, as when it is met on the way through a folder.
        }
    }

    private void RefuseVault(FolderHandle folder)
    {
        if (own.IsVault(folder)) throw new OwnFolderException();
    }

    private void Visit(FolderCursor cursor, string[] folder, Stack<string[]> open)
    {
        string path = string.Join('/', folder);
        try
        {
            var handle = cursor.Go(folder);
            if (own.IsVault(handle))
            {
                cursor.Reset(); // so that entering it again is noticed again
                return;
            }

            var entries = handle.List();
            if (entries.Count == 0 && folder.Length > 0) AddEmptyFolder(cursor, folder);
            var below = new List<string[]>();
            foreach (var entry in entries.OrderBy(e => e.Shown, StringComparer.Ordinal)) Add(handle, folder, path, entry, below);
            for (int i = below.Count - 1; i >= 0; i--) open.Push(below[i]);
        }
        catch (DiskException e) when (folder.Length > 0)
        {
            _problems.Add(new(path, SyncErrors.FileUnreadable.Id, e.Message));
            _unread.Add(Join(prefix, path.Normalize()));
        }
    }

    private void Add(FolderHandle handle, string[] folder, string folderPath, FolderEntry entry, List<string[]> below)
    {
        string path = Join(folderPath, entry.Shown);
        if (entry.Name is not { } name)
        {
            _problems.Add(new(path, SyncErrors.NameInvalid.Id, "The name is not well-formed UTF-8"));
            return;
        }

        if (TemporaryName.Is(name)) return; // what an export that was cut off left behind
        try
        {
            if (handle.TryStat(name) is not { } facts) return; // gone since it was listed
            if (facts.Kind == EntryKind.Folder && !recurse) FoldersLeftOut++;
            else if (facts.Kind == EntryKind.Folder) below.Add([.. folder, name]);
            else AddItem(new(folder, name, path, "", facts));
        }
        catch (DiskException e)
        {
            Unreadable(path, e.Message);
        }
    }

    private void AddEmptyFolder(FolderCursor cursor, string[] folder)
    {
        var parent = cursor.Go(folder.AsSpan(0, folder.Length - 1));
        if (parent.TryStat(folder[^1]) is { Kind: EntryKind.Folder } facts) AddItem(new(folder[..^1], folder[^1], string.Join('/', folder), "", facts with { Size = 0 }));
    }

    private void AddItem(ScannedFile file)
    {
        string key;
        try
        {
            key = ItemName.Check(Join(prefix, file.Path));
        }
        catch (SyncException e)
        {
            _problems.Add(new(file.Path, e.Kind.Id, e.Message));
            return;
        }

        // One file system may hold the composed and the decomposed spelling of a name; in the vault they are one.
        if (!keys.TryAdd(key, root, file.Path))
        {
            // A list may name a file twice, for example by its folder too.
            if (!keys.IsOf(key, root, file.Path)) _problems.Add(new(file.Path, SyncErrors.NameInvalid.Id, $"In the vault this name is the same as that of '{keys.PathOf(key, root)}'"));
        }
        else if (file.Facts.Kind == EntryKind.Other) _problems.Add(new(file.Path, SyncErrors.FileUnreadable.Id, "Sockets, devices and pipes are not imported"));
        else
        {
            Files.Add(file with { Key = key });
            if (file.Facts.Kind == EntryKind.File) Bytes += file.Facts.Size;
        }
    }

    private void Unreadable(string path, string message)
    {
        _problems.Add(new(path, SyncErrors.FileUnreadable.Id, message));
        keys.TryAdd(Join(prefix, path.Normalize()), root, path);
    }

    private static string Join(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : first + "/" + second;

    private sealed class OwnFolderException : Exception;
}
