using System.Management.Automation;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Names of vaults with wildcards, case aside.</summary>
internal static class VaultNames
{
    public static IReadOnlyList<KnownVault> Match(IReadOnlyList<KnownVault> vaults, string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name)) return [.. vaults.Where(v => string.Equals(v.Name, name, StringComparison.OrdinalIgnoreCase))];
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return [.. vaults.Where(v => pattern.IsMatch(v.Name))];
    }
}
