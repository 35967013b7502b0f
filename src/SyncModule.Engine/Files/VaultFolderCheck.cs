using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>Knows the vault's own folder, under whatever path it is met: it is neither imported into itself nor written over.</summary>
internal sealed class VaultFolderCheck(string cookie)
{
    public bool IsVault(FolderHandle folder)
    {
        if (folder.TryStat(VaultPaths.Instance) is not { Kind: EntryKind.File } || folder.TryStat(VaultPaths.LogFolder) is not { Kind: EntryKind.Folder }) return false;
        try
        {
            return string.Equals(LocalDisk.Open(folder.Path).InstanceCookie(VaultPaths.Instance), cookie, StringComparison.Ordinal);
        }
        catch (DiskException)
        {
            return true; // looks like a vault and cannot be told apart: left alone
        }
    }

    /// <summary>Throws when the folder is the vault's own or lies in it.</summary>
    public void RefuseInside(string canonicalFolder)
    {
        for (string? path = canonicalFolder; path is not null; path = Path.GetDirectoryName(path))
        {
            try
            {
                using var folder = FolderHandle.Open(path);
                if (IsVault(folder)) throw SyncErrors.UsageWrong.With($"'{canonicalFolder}' is the vault's own folder");
            }
            catch (DiskException)
            {
                // A folder above that may not be read holds nothing that could be compared.
            }
        }
    }
}
