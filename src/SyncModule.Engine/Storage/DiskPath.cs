namespace SyncModule.Engine.Storage;

/// <summary>The rules for paths inside a disk's folder, the same for every implementation.</summary>
internal static class DiskPath
{
    /// <summary>Returns the path when it stays inside the folder; "" only where <paramref name="allowRoot"/>.</summary>
    public static string Check(string path, bool allowRoot = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) return allowRoot ? path : throw Bad(path);
        if (path.AsSpan().IndexOfAny('\\', '\0', ':') >= 0) throw Bad(path);
        foreach (Range range in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[range] is "" or "." or "..") throw Bad(path);
        }

        return path;
    }

    /// <summary>The folder that holds a path; "" for the disk's own folder.</summary>
    public static string FolderOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }

    private static ArgumentException Bad(string path) => new($"'{path}' is no path inside the folder.", nameof(path));
}
