using System.Management.Automation;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Where a new vault goes: -Path, else ~/SyncVaults/NAME. Not Documents, which other programs copy elsewhere.</summary>
internal static class NewVaultFolder
{
    private const string Parent = "SyncVaults";

    /// <exception cref="SyncException"><see cref="SyncErrors.VaultNameInvalid"/>; <see cref="SyncErrors.VaultNameTaken"/>: refused before anything is made.</exception>
    public static string Choose(PSCmdlet cmdlet, KnownVaults list, string name, string? path)
    {
        KnownVault.CheckName(name);
        if (list.Find(name) is { } taken) throw SyncErrors.VaultNameTaken.With($"'{taken.Name}' is the vault in {taken.Path}");
        if (path is not null) return VaultFolder.Canonical(SessionPath.Of(cmdlet, path));
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0) throw SyncErrors.UsageWrong.With("This user has no home folder; say where with -Path");
        return VaultFolder.Canonical(Path.Combine(home, Parent, name));
    }
}
