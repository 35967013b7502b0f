using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>One thing in a folder that can become an item. <see cref="Folder"/> and <see cref="Name"/> are as on the disk; <see cref="Key"/> is NFC.</summary>
internal sealed record ScannedFile(string[] Folder, string Name, string Path, string Key, FileFacts Facts);

/// <summary>
/// Lists a folder and everything below it, or what is named in it: files, links and empty folders. Links are never followed; the
/// vault's own folder is left out. What was found can be taken in lots while the rest is listed; everything else holds when
/// <see cref="IsComplete"/>.
/// </summary>
internal sealed class FolderScan(FolderHandle root, VaultFolderCheck own, string prefix, bool recurse, ImportedKeys keys)
{
    private const int LotOfList = 256;

    private readonly List<FileProblem> _problems = [];
    private readonly List<string> _unread = [];
    private readonly Stack<string[]> _open = new();
    private readonly WorkQueue<List<ScannedFile>> _lots = new();
    private List<ScannedFile> _lot = [];
    private (string Path, string[] Names) _last = ("", []); // the folder of the path that was taken last
    private Action<FolderHandle>? _refuseVault;
    private long _files, _bytes;
    private volatile bool _complete;

    /// <summary>Files of one lot.</summary>
    public const int LotSize = 1024;

    /// <summary>Everything was listed.</summary>
    public bool IsComplete => _complete;

    public long Files => Interlocked.Read(ref _files);

    public IReadOnlyList<FileProblem> Problems => _problems;

    /// <summary>Of the files found so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Folders that were seen and not gone into.</summary>
    public int FoldersLeftOut { get; private set; }

    /// <summary>True when a file may still stand behind this key: it was seen, could not be taken, or lies in a folder that could not be read.</summary>
    public bool MayExist(string key) => keys.Contains(key) || _unread.Exists(folder => folder.Length == 0 || key.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Lists the root folder itself, without which there is nothing to import.</summary>
    /// <exception cref="DiskException">It cannot be read.</exception>
    public void Begin()
    {
        using var cursor = new FolderCursor(root);
        Visit(cursor, []);
    }

    /// <summary>Lists everything below the root, after <see cref="Begin"/>.</summary>
    public void Run(CancellationToken cancellation)
    {
        using var cursor = new FolderCursor(root);
        Rest(cursor, cancellation);
        Complete();
    }

    /// <summary>Takes what stands at these paths, '/' between names; of a folder what lies in it, or everything below. The next path may have to be waited for.</summary>
    public void Take(IEnumerable<string> paths, CancellationToken cancellation)
    {
        using var cursor = new FolderCursor(root);
        foreach (string path in paths)
        {
            cancellation.ThrowIfCancellationRequested();
            Take(cursor, path);
            Rest(cursor, cancellation);
            if (_lot.Count >= LotOfList) HandOver(); // who names them may be slow: what is here is read meanwhile
        }

        Complete();
    }

    /// <summary>Gives the next files in the order in which they were found; false when there are no more. For another thread.</summary>
    public bool TryTake(out List<ScannedFile> lot, CancellationToken cancellation) => _lots.TryTake(out lot, cancellation: cancellation);

    /// <summary>No more lots will come: the listing has ended, well or not.</summary>
    public void EndLots() => _lots.Complete();

    private void Complete()
    {
        if (_lot.Count > 0) HandOver();
        _complete = true;
    }

    private void HandOver()
    {
        _lots.Add(_lot);
        _lot = [];
    }

    private void Rest(FolderCursor cursor, CancellationToken cancellation)
    {
        while (_open.TryPop(out var folder))
        {
            cancellation.ThrowIfCancellationRequested();
            Visit(cursor, folder);
        }
    }

    private void Take(FolderCursor cursor, string path)
    {
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        string[] names = FolderOf(path, slash);
        try
        {
            var folder = cursor.Go(names, entered: _refuseVault ??= RefuseVault);
            if (folder.TryStat(name) is not { } facts) _problems.Add(new(path, SyncErrors.FileNotFound.Id, "There is no such file"));
            else if (facts.Kind == EntryKind.Folder) _open.Push([.. names, name]);
            else if (!TemporaryName.Is(name)) AddItem(names, name, path, facts);
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

    // Paths of one folder usually come one behind the other.
    private string[] FolderOf(string path, int slash)
    {
        if (slash < 0) return [];
        if (!path.AsSpan(0, slash).SequenceEqual(_last.Path)) _last = (path[..slash], path[..slash].Split('/'));
        return _last.Names;
    }

    private void RefuseVault(FolderHandle folder)
    {
        if (own.IsVault(folder)) throw new OwnFolderException();
    }

    private void Visit(FolderCursor cursor, string[] folder)
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
            for (int i = below.Count - 1; i >= 0; i--) _open.Push(below[i]);
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
            else AddItem(folder, name, path, facts);
        }
        catch (DiskException e)
        {
            Unreadable(path, e.Message);
        }
    }

    private void AddEmptyFolder(FolderCursor cursor, string[] folder)
    {
        var parent = cursor.Go(folder.AsSpan(0, folder.Length - 1));
        if (parent.TryStat(folder[^1]) is { Kind: EntryKind.Folder } facts) AddItem(folder[..^1], folder[^1], string.Join('/', folder), facts with { Size = 0 });
    }

    private void AddItem(string[] folder, string name, string path, FileFacts facts)
    {
        string key;
        try
        {
            key = ItemName.Check(Join(prefix, path));
        }
        catch (SyncException e)
        {
            _problems.Add(new(path, e.Kind.Id, e.Message));
            return;
        }

        // One file system may hold the composed and the decomposed spelling of a name; in the vault they are one.
        if (!keys.TryAdd(key, root, path))
        {
            // A list may name a file twice, for example by its folder too.
            if (!keys.IsOf(key, root, path)) _problems.Add(new(path, SyncErrors.NameInvalid.Id, $"In the vault this name is the same as that of '{keys.PathOf(key, root)}'"));
        }
        else if (facts.Kind == EntryKind.Other) _problems.Add(new(path, SyncErrors.FileUnreadable.Id, "Sockets, devices and pipes are not imported"));
        else
        {
            Interlocked.Increment(ref _files);
            if (facts.Kind == EntryKind.File) Interlocked.Add(ref _bytes, facts.Size);
            _lot.Add(new(folder, name, path, key, facts));
            if (_lot.Count >= LotSize) HandOver();
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
