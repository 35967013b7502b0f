namespace SyncModule.Engine.Files;

/// <summary>The keys of one import and where each comes from: the folder, and the path below it. One import may read several folders.</summary>
internal sealed class ImportedKeys
{
    private readonly Dictionary<string, (string Root, string Path)> _sources = new(StringComparer.Ordinal);

    /// <summary>True when the key is new.</summary>
    public bool TryAdd(string key, FolderHandle root, string path) => _sources.TryAdd(key, (root.Path, path));

    public bool Contains(string key) => _sources.ContainsKey(key);

    public bool IsOf(string key, FolderHandle root, string path) => _sources.TryGetValue(key, out var source) && source == (root.Path, path);

    /// <summary>For messages: below the folder that is read when it is the same, else whole.</summary>
    public string PathOf(string key, FolderHandle root) => _sources[key] is var (folder, path) && folder == root.Path ? path : Path.Join(folder, path);
}
