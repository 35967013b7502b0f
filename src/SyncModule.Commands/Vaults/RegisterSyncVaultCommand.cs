using System.Management.Automation;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Vaults;

/// <summary>Register-SyncVault: gives an existing vault folder a name.</summary>
[Cmdlet(VerbsLifecycle.Register, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVault))]
public sealed class RegisterSyncVaultCommand : SyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    [Parameter]
    public SwitchParameter Default { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        KnownVault.CheckName(Name);
        string folder = VaultFolder.Canonical(SessionPath.Of(this, Path));
        string? keyFile = KeyFile is null ? null : SessionPath.Of(this, KeyFile);
        VaultCreation.ReadVaultFile(new FolderStores(folder, witnessFolder: null).Disk);
        if (!ShouldProcess($"vault {Name} in {folder}", "Register")) return;
        var known = KnownVaults.OfUser.Add(Name, folder, keyFile);
        if (Default) known = KnownVaults.OfUser.Update(Name, makeDefault: true);
        if (PassThru) WriteObject(VaultObjects.Of(known));
    }
}
