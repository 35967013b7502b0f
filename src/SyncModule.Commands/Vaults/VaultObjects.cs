using SyncModule.Engine.Nodes;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Vaults;

/// <summary>Makes <see cref="SyncVault"/> objects. Counts come from an open vault; nothing is unlocked for them.</summary>
internal static class VaultObjects
{
    public static SyncVault Of(KnownVault known)
    {
        using var lease = OpenVaults.OfProcess.Peek(known.Path);
        if (lease is null) return Closed(known);
        var vault = lease.Vault;
        return New(known, SyncVaultState.Unlocked, vault.Id.ToString(), vault.DeviceName(vault.Device), vault.Status().Items, new PeerBook(vault).List().Count);
    }

    private static SyncVault Closed(KnownVault known)
    {
        try
        {
            var file = VaultCreation.ReadVaultFile(new FolderStores(known.Path, witnessFolder: null).Disk);
            return New(known, SyncVaultState.Locked, file.VaultId.ToString());
        }
        catch (SyncException e)
        {
            return New(known, e.Kind == SyncErrors.VaultNotFound ? SyncVaultState.Missing : SyncVaultState.Damaged, vaultId: null);
        }
    }

    private static SyncVault New(KnownVault known, SyncVaultState state, string? vaultId, string? device = null, long? items = null, int? peers = null) => new()
    {
        Name = known.Name,
        Path = known.Path,
        Device = device,
        Items = items,
        Peers = peers,
        State = state,
        Default = known.IsDefault,
        KeyFile = known.KeyFile,
        VaultId = vaultId,
    };
}
