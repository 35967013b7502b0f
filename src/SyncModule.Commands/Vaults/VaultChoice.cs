using System.Management.Automation;
using SyncModule.Commands.Drive;
using SyncModule.Commands.Transactions;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Which vault a command means: -Vault, that of the transaction it is in, SYNCMODULE_VAULT, the location in a SyncVault: drive, the default. Folders above the location are never searched.</summary>
internal static class VaultChoice
{
    public const string Variable = "SYNCMODULE_VAULT";

    /// <exception cref="SyncException"><see cref="SyncErrors.VaultNotSpecified"/>, <see cref="SyncErrors.VaultUnknown"/>.</exception>
    public static KnownVault Find(PSCmdlet cmdlet, VaultIdentity? named)
    {
        var list = KnownVaults.OfUser;
        if (named is not null) return named.Resolve(list, p => SessionPath.Of(cmdlet, p));
        if (OpenTransactions.Current is { } current) return current;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable) return new VaultIdentity(variable).Resolve(list, p => SessionPath.Of(cmdlet, p));
        if (OfLocation(cmdlet) is { } name) return new VaultIdentity(name).Resolve(list, p => SessionPath.Of(cmdlet, p));
        return list.Default ?? throw SyncErrors.VaultNotSpecified.With("No vault was named, and none is the default" + VaultIdentity.Suggestion(list));
    }

    private static string? OfLocation(PSCmdlet cmdlet)
    {
        var location = cmdlet.SessionState.Path.CurrentLocation;
        return location.Provider?.Name == DrivePath.DriveName && DrivePath.Parse(location.ProviderPath) is { IsRoot: false } at ? at.Vault : null;
    }
}
