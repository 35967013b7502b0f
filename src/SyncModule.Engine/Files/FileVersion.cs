using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Files;

/// <summary>
/// What makes two files the same: kind, permission bits, link target and bytes, the latter as content MAC. Times are not part of it
/// (format-1 §4). <paramref name="Mode"/> is null where it is not known: on Windows, and for values that were no file.
/// </summary>
internal sealed record FileVersion(EntryKind Kind, int? Mode, string? Target, Id32 Content)
{
    private const string File = "file", Link = "link", Folder = "dir";

    /// <summary>The version that a head of cell "" stands for; null when it is deleted or of a type that is no file.</summary>
    public static FileVersion? Of(Head head, Id32 empty) => Of(head.Alive, head.Metadata, head.Content, empty);

    public static FileVersion? Of(bool alive, Metadata? metadata, Id32? content, Id32 empty)
    {
        if (!alive) return null;
        int? mode = metadata?.Number(Metadata.ModeKey) is { } bits ? (int)(bits & FileFacts.ModeMask) : null;
        return metadata?.Text(Metadata.TypeKey) switch
        {
            null or File when content is { } mac => new(EntryKind.File, mode, null, mac),
            Link when metadata.Text(Metadata.TargetKey) is { Length: > 0 } target => new(EntryKind.Link, null, target, content ?? empty),
            Folder => new(EntryKind.Folder, mode, null, content ?? empty),
            _ => null,
        };
    }

    public static bool IsFolder(Head head) => head.Metadata?.Text(Metadata.TypeKey) is Folder;

    /// <summary>Equal as far as both are known: a plain value of the same bytes is no other version of a file.</summary>
    public bool SameAs(FileVersion? other) =>
        other is not null && Kind == other.Kind && Content == other.Content && string.Equals(Target, other.Target, StringComparison.Ordinal)
        && (Mode is null || other.Mode is null || Mode == other.Mode);

    /// <summary>Metadata of a put. What people attached to the version before stays.</summary>
    public Metadata ToMetadata(long modified, Metadata? before, int? modeBefore)
    {
        var metadata = Metadata.OfFile(Kind switch { EntryKind.Link => Link, EntryKind.Folder => Folder, _ => File }, modified, Mode ?? modeBefore, Target);
        if (before is null) return metadata;
        foreach (var (key, value) in before.Entries)
        {
            if (!key.StartsWith(Metadata.UserPrefix, StringComparison.Ordinal)) continue;
            _ = value is string text ? metadata.With(key, text) : metadata.With(key, (long)value);
        }

        return metadata;
    }
}
