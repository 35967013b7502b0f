using System.Management.Automation;
using System.Security;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Vaults;

/// <summary>New-SyncVault: a new vault with this machine as its first device. It stays unlocked, and the first becomes the default.</summary>
[Cmdlet(VerbsCommon.New, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVault))]
public sealed class NewSyncVaultCommand : SyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Device { get; set; } = Environment.MachineName;

    [Parameter]
    [ValidateNotNull]
    public SecureString? Passphrase { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    protected override void Process()
    {
        Subject = Name;
        var list = KnownVaults.OfUser;
        string folder = NewVaultFolder.Choose(this, list, Name, Path);
        string? keyFile = KeyFile is null ? null : SessionPath.Of(this, KeyFile);
        string device = VaultCreation.CheckDeviceName(Device);
        if (!ShouldProcess($"vault {Name} in {folder}", "Make a new vault")) return;
        var stores = new FolderStores(folder, UserFolders.State, create: true);
        VaultCreation.CheckEmpty(stores.Disk);
        using var slots = NewSlotKeys.Make(this, folder, Passphrase, keyFile);
        VaultCreation.Create(stores, device, slots.Keys, TimeProvider.System, SystemRandomSource.Instance);
        var known = list.Add(Name, folder, keyFile);
        // Opened once: proof that the keys at hand open it.
        using var lease = OpenVaults.OfProcess.Open(folder, file => file.UnlockWithSlotKey(slots.Keys[0]));
        WriteObject(VaultObjects.Of(known));
    }
}
