using System.Management.Automation;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Set-SyncVault: another name, the default, the key file that opens it without asking.</summary>
[Cmdlet(VerbsCommon.Set, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVault))]
public sealed class SetSyncVaultCommand : SyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public string Name { get; set; } = "";

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    [Parameter]
    public SwitchParameter Default { get; set; }

    /// <summary>A key file that opens the vault; "" takes the one away that is noted.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? KeyFile { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        var list = KnownVaults.OfUser;
        var known = list.Find(Name) ?? throw SyncErrors.VaultUnknown.With($"There is no vault '{Name}'{VaultIdentity.Suggestion(list)}");
        string? keyFile = KeyFile is null or "" ? KeyFile : SessionPath.Of(this, KeyFile);
        if (keyFile is { Length: > 0 })
        {
            // A wrong one would be found at night by a scheduled job.
            var file = Engine.Vaults.VaultCreation.ReadVaultFile(new Engine.Vaults.FolderStores(known.Path, witnessFolder: null).Disk);
            Unlocking.WithKeyFile(file, keyFile).Dispose();
        }

        if (!ShouldProcess($"vault {known.Name}", "Change " + string.Join(", ", Changes()))) return;
        known = list.Update(Name, NewName, keyFile, Default);
        if (PassThru) WriteObject(VaultObjects.Of(known));
    }

    private IEnumerable<string> Changes()
    {
        if (NewName is not null) yield return $"its name to {NewName}";
        if (KeyFile is not null) yield return KeyFile.Length == 0 ? "to no key file" : $"its key file to {KeyFile}";
        if (Default) yield return "to the default";
        if (NewName is null && KeyFile is null && !Default) yield return "nothing";
    }
}
