namespace SyncModule.Engine.Files;

/// <param name="Collection">The collection that the items belong to.</param>
/// <param name="Prefix">Stands before each key, joined by '/'; null or empty for none.</param>
/// <param name="Mirror">Files that are gone are deleted in the vault too, where nobody else changed them (format-1 §15).</param>
/// <param name="Recurse">Folders in a folder too. Without it nothing below them is known, so there can be no mirror.</param>
public sealed record ImportOptions(string Collection = "items", string? Prefix = null, bool Mirror = false, bool Recurse = true);

/// <summary>Single files and folders to import, each a full path. An item is named by the way from <paramref name="Root"/> to its file.</summary>
/// <param name="Root">The folder that names are relative to.</param>
/// <param name="Named">A person wrote them: outside the root they go by their last name, a folder's content below it.</param>
/// <param name="Listed">They came as a list that nobody looked at: outside the root they are refused, because their last names alone would mix folders.
/// It is gone through once, on a thread of the import, and may wait for what is still to come: what came before is read meanwhile.</param>
public sealed record ImportPaths(string Root, IReadOnlyList<string> Named, IEnumerable<string> Listed);

/// <param name="Collection">The collection that is written out.</param>
/// <param name="Prefix">Only keys below it, and without it; null or empty for all.</param>
/// <param name="Overwrite">Replaces files with local changes too.</param>
/// <param name="Mirror">Removes files whose item was deleted, where the file is as it was imported or exported last.</param>
public sealed record ExportOptions(string Collection = "items", string? Prefix = null, bool Overwrite = false, bool Mirror = false);

/// <summary>Which items of a collection are written out, and below which names.</summary>
/// <param name="Prefix">Only keys below it, and without it; null or empty for all.</param>
/// <param name="Only">Whether a key is meant; null for all.</param>
public sealed record ExportSelection(string? Prefix, Func<string, bool>? Only = null);

/// <summary>How far a run is. Totals are known after the folder or the vault was listed; 0 until then.</summary>
public readonly record struct FileProgress(long FilesDone, long FilesTotal, long BytesDone, long BytesTotal);

/// <summary>One file that could not be taken; the others were. <paramref name="ErrorId"/> is the id of one of <see cref="SyncErrors"/>.</summary>
public sealed record FileProblem(string Path, string ErrorId, string Message);

/// <summary>One item or file that was left alone on purpose, and why. No error.</summary>
public sealed record FileNote(string Path, string Reason);

/// <summary>What an import or an export did; what each number counts stands at the two.</summary>
public abstract record FolderResult(long Files, long Bytes, long NewBytes, long Skipped, long Deleted, double Seconds, IReadOnlyList<FileProblem> Problems, IReadOnlyList<FileNote> KeptBack);

/// <summary>What an import did.</summary>
/// <param name="Files">Files, links and empty folders that were put.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="NewBytes">Plain bytes that were not stored before; what stands in commits and manifests is not counted.</param>
/// <param name="Skipped">Files that the vault had already.</param>
/// <param name="Deleted">Items that were deleted because their file is gone (mirror).</param>
/// <param name="Seconds">Until everything was durable.</param>
/// <param name="Problems">Files that were not imported.</param>
/// <param name="KeptBack">Files and items that were left alone on purpose.</param>
public sealed record ImportResult(long Files, long Bytes, long NewBytes, long Skipped, long Deleted, double Seconds, IReadOnlyList<FileProblem> Problems, IReadOnlyList<FileNote> KeptBack)
    : FolderResult(Files, Bytes, NewBytes, Skipped, Deleted, Seconds, Problems, KeptBack)
{
    /// <summary>Folders that were left out because the import did not go into them.</summary>
    public int FoldersLeftOut { get; init; }

    /// <summary>How often the content of a file was read.</summary>
    internal long ContentReads { get; init; }
}

/// <summary>What an export did.</summary>
/// <param name="Files">Files, links and empty folders that were written.</param>
/// <param name="Bytes">Bytes of the items that were looked at.</param>
/// <param name="NewBytes">Bytes that were written.</param>
/// <param name="Skipped">Files that were right already.</param>
/// <param name="Deleted">Files that were removed because their item is deleted (mirror).</param>
/// <param name="Seconds">Until everything was durable.</param>
/// <param name="Problems">Items that were not written.</param>
/// <param name="KeptBack">Files that were left alone on purpose.</param>
public sealed record ExportResult(long Files, long Bytes, long NewBytes, long Skipped, long Deleted, double Seconds, IReadOnlyList<FileProblem> Problems, IReadOnlyList<FileNote> KeptBack)
    : FolderResult(Files, Bytes, NewBytes, Skipped, Deleted, Seconds, Problems, KeptBack);
