using System.Diagnostics;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Brings single files and folders into a vault, many of them as one import (format-1 §15). Where names come from is said at
/// <see cref="ImportPaths"/>; the work is <see cref="FolderImport"/>'s, once for each folder that names are relative to.
/// </summary>
public static class PathImport
{
    private static readonly StringComparison PathComparison = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Imports what the paths name. Paths in the result are full ones. Otherwise as <see cref="FolderImport.Run(Vault, string, ImportOptions, IProgress{FileProgress}?, CancellationToken)"/>.</summary>
    /// <exception cref="SyncException">UsageWrong: a mirror of something else than whole folders, or the vault's own folder. DiskFull, DiskFailed: of the vault.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImportResult Run(Vault vault, ImportPaths paths, ImportOptions options, IProgress<FileProgress>? progress = null, CancellationToken cancellation = default)
    {
        long started = Stopwatch.GetTimestamp();
        var plan = new Plan(paths, options);
        using var listed = plan.Below(paths.Listed).GetEnumerator();
        // Without one that can be taken the folder they are relative to is not asked for.
        bool any = listed.MoveNext();
        if (options.Mirror && (any || plan.Single.Count > 0)) throw SyncErrors.UsageWrong.With("What is gone can only be told by a whole folder: a mirror takes folders, not files or a list");
        var total = new ImportResult(0, 0, 0, 0, 0, 0, [], []);
        var keys = new ImportedKeys();
        if (any) Add(plan.Root, () => FolderImport.Run(vault, plan.Root, Rest(listed), options, keys, progress, cancellation));
        foreach (var (folder, prefix) in plan.Folders)
        {
            Add(folder, () => FolderImport.Run(vault, folder, only: null, options with { Prefix = prefix }, keys, progress, cancellation));
        }

        foreach (var (root, files) in plan.Single)
        {
            Add(root, () => FolderImport.Run(vault, root, files, options, keys, progress, cancellation));
        }

        return total with { Problems = [.. plan.Problems.Concat(total.Problems)], Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };

        void Add(string folder, Func<ImportResult> run)
        {
            try
            {
                total = Sum(total, run(), folder);
            }
            catch (SyncException e) when (e.Kind == SyncErrors.FileNotFound || e.Kind == SyncErrors.FileUnreadable)
            {
                // Only this folder cannot be read; the others can.
                total = total with { Problems = [.. total.Problems, new(folder, e.Kind.Id, e.Detail)] };
            }
        }
    }

    // From where it stands.
    private static IEnumerable<string> Rest(IEnumerator<string> paths)
    {
        do yield return paths.Current;
        while (paths.MoveNext());
    }

    private static ImportResult Sum(ImportResult total, ImportResult one, string folder) =>
        new(total.Files + one.Files, total.Bytes + one.Bytes, total.NewBytes + one.NewBytes, total.Skipped + one.Skipped, total.Deleted + one.Deleted, 0,
            [.. total.Problems, .. one.Problems.Select(p => p with { Path = Path.Join(folder, p.Path) })], [.. total.KeptBack, .. one.KeptBack.Select(n => n with { Path = Path.Join(folder, n.Path) })])
        { FoldersLeftOut = total.FoldersLeftOut + one.FoldersLeftOut, ContentReads = total.ContentReads + one.ContentReads };

    /// <summary>Which folders are read, below which prefix, and which single paths, below which folder.</summary>
    private sealed class Plan
    {
        private readonly string? _canonicalRoot;
        private readonly string? _prefix;
        private readonly List<(string Root, List<string> Paths)> _single = [];

        public Plan(ImportPaths paths, ImportOptions options)
        {
            Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(paths.Root));
            _canonicalRoot = Directory.Exists(Root) ? FolderHandle.Canonical(Root) : null;
            _prefix = options.Prefix;
            foreach (string path in paths.Named) AddNamed(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        }

        /// <summary>What listed names are relative to.</summary>
        public string Root { get; }

        public List<FileProblem> Problems { get; } = [];

        public List<(string Folder, string? Prefix)> Folders { get; } = [];

        public IReadOnlyList<(string Root, List<string> Paths)> Single => _single;

        /// <summary>The ways from the root to what a list names. Others of it become folders or problems of this plan.</summary>
        public IEnumerable<string> Below(IEnumerable<string> listed)
        {
            foreach (string path in listed)
            {
                string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
                if (Below(full) is not { } below) Problems.Add(new(full, SyncErrors.PathOutside.Id, $"'{full}' is not in '{Root}', and nothing says what its name is relative to"));
                else if (below.Length == 0) Folders.Add((full, _prefix));
                else yield return below;
            }
        }

        private void AddNamed(string path)
        {
            string name = Below(path) ?? Path.GetFileName(path); // "" for the root of a disk
            if (Directory.Exists(path)) Folders.Add((path, name.Length == 0 ? _prefix : $"{_prefix?.Trim('/')}/{name}"));
            else if (Below(path) is { } below) AddSingle(Root, below);
            else AddSingle(Path.GetDirectoryName(path)!, name);
        }

        private void AddSingle(string root, string below)
        {
            if (_single.Count == 0 || _single[^1].Root != root) _single.Add((root, []));
            _single[^1].Paths.Add(below);
        }

        // "" for the root itself, null outside of it. The location may have been reached by another spelling than the paths.
        private string? Below(string path) => Below(path, Root) ?? (_canonicalRoot is null ? null : Below(path, _canonicalRoot));

        private static string? Below(string path, string root)
        {
            if (!path.StartsWith(root, PathComparison)) return null;
            if (path.Length == root.Length) return "";
            bool endsWithSeparator = Path.EndsInDirectorySeparator(root); // "/" and "C:\\"
            if (!endsWithSeparator && path[root.Length] != Path.DirectorySeparatorChar) return null;
            string below = path[(endsWithSeparator ? root.Length : root.Length + 1)..];
            return Path.DirectorySeparatorChar == '/' ? below : below.Replace(Path.DirectorySeparatorChar, '/');
        }
    }
}
