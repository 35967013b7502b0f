namespace SyncModule.Engine.Files;

/// <summary>The files of one export by name, over all of its selections: which item has which, and which names cannot stand beside each other.</summary>
internal sealed class ExportNames(bool ignoreCase)
{
    private readonly Dictionary<string, (string Key, string Path)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <summary>Takes a name for an item; null, or why it cannot have it. The same item may take its name again.</summary>
    public string? Take(string key, string[] components, bool isFolder)
    {
        // Keys come sorted, but "a!" stands between "a" and "a/b", so both directions are looked at.
        string path = string.Join('/', components), folded = Fold(path);
        if (_files.TryGetValue(folded, out var same)) return same == (key, path) ? null : $"'{same.Path}' is the same file here";
        if (!isFolder && _folders.TryGetValue(folded, out var below)) return $"it is the folder of '{below}'";
        var parents = new string[components.Length - 1];
        for (int i = 1; i < components.Length; i++)
        {
            parents[i - 1] = Fold(string.Join('/', components, 0, i));
            if (_files.TryGetValue(parents[i - 1], out var file)) return $"'{file.Path}' is a file, not a folder";
        }

        foreach (string parent in parents) _folders.TryAdd(parent, path);
        if (isFolder) _folders.TryAdd(folded, path);
        else _files.Add(folded, (key, path));
        return null;
    }

    private string Fold(string path) => ignoreCase ? SafeName.Fold(path) : path;
}
