using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Files compared with the versions that an item's history keeps. A base is noted behind its file and can be missing, or be an earlier one,
/// after an import or export that was killed; the file is then one of the vault's own versions and nobody's edit (docs/decisions/051).
/// </summary>
internal static class KeptVersions
{
    /// <summary>The newest kept version that the file equals; null: it is somebody's edit.</summary>
    /// <param name="known">The base. Of the versions only those count that came after it: an older one was put there by its user.</param>
    /// <param name="empty">Content MAC of no bytes.</param>
    public static Dot? Find(Vault vault, string collection, string key, FileVersion file, ImportBase? known, Id32 empty)
    {
        var after = known is null ? null : new HashSet<Dot>(known.Dots);
        Dot? found = null;
        // Oldest first: what replaces a version comes behind it.
        foreach (var (dot, operation) in vault.VersionOperations(collection, key).Reverse())
        {
            if (after is not null && !operation.Replaces.Any(after.Contains)) continue;
            after?.Add(dot);
            if (file.SameAs(FileVersion.Of(operation.Alive, operation.Metadata, operation.Content, empty))) found = dot;
        }

        return found;
    }
}
