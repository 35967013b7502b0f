using System.Management.Automation;
using System.Security;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Vaults;

/// <summary>Set-SyncVault: another name, the default, the key file that opens it without asking; and what opens it: a new passphrase, a new key file.</summary>
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

    /// <summary>The passphrase from now on.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? Passphrase { get; set; }

    /// <summary>Asks for the passphrase from now on: twice, because a slip would lock its owner out.</summary>
    [Parameter]
    public SwitchParameter AskPassphrase { get; set; }

    /// <summary>A key file that shall open the vault too; made when it is not there, and noted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewKeyFile { get; set; }

    /// <summary>What opens it now, for a new passphrase or key file; a key file that is named with -KeyFile is taken too, one that is only noted is not.</summary>
    [Parameter]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private bool ChangesPassphrase => Passphrase is not null || AskPassphrase;

    protected override void Process()
    {
        Subject = Name;
        var list = KnownVaults.OfUser;
        var known = list.Find(Name) ?? throw SyncErrors.VaultUnknown.With($"There is no vault '{Name}'{VaultIdentity.Suggestion(list)}");
        if (Passphrase is not null && AskPassphrase) throw SyncErrors.UsageWrong.With("-Passphrase and -AskPassphrase do not go together: one gives the new passphrase, the other asks for it");
        string? keyFile = KeyFile is null or "" ? KeyFile : SessionPath.Of(this, KeyFile);
        string? newKeyFile = NewKeyFile is null ? null : SessionPath.Of(this, NewKeyFile);
        if (newKeyFile is not null) NewSlotKeys.RefuseInside(newKeyFile, known.Path);
        var disk = new FolderStores(known.Path, witnessFolder: null).Disk;
        // A wrong one would be found at night by a scheduled job.
        if (keyFile is { Length: > 0 }) Unlocking.WithKeyFile(VaultCreation.ReadVaultFile(disk), keyFile).Dispose();
        if (!ShouldProcess($"vault {known.Name}", "Change " + string.Join(", ", Changes()))) return;
        if (ChangesPassphrase || newKeyFile is not null)
        {
            using var change = SlotChange.Begin(disk, file => Unlocking.UnlockForChange(this, known, file, keyFile is "" ? null : keyFile, Credential?.Password));
            ChangeKeys(change, known, newKeyFile);
        }

        known = list.Update(Name, NewName, newKeyFile ?? keyFile, Default);
        if (PassThru) WriteObject(VaultObjects.Of(known));
    }

    private void ChangeKeys(SlotChange change, KnownVault known, string? newKeyFile)
    {
        bool hadPassphrase = change.Slots.Any(s => s.Type == SlotType.Passphrase);
        using var answer = AskPassphrase ? Prompt.HiddenTwice(this, $"New passphrase of vault {known.Name} on this machine") : null;
        using var key = (answer ?? Passphrase) is { } passphrase ? NewSlotKeys.FromPassphrase(passphrase) : null;
        SlotKey[] keys = key is null ? [] : [key];
        if (newKeyFile is null) change.Add(keys, SystemRandomSource.Instance);
        else change.Add(keys, newKeyFile, SystemRandomSource.Instance);
        if (ChangesPassphrase && hadPassphrase) WriteWarning("An old copy of vault.json still opens with the old passphrase. If somebody may have both, change the secrets in the vault too.");
    }

    private IEnumerable<string> Changes()
    {
        if (NewName is not null) yield return $"its name to {NewName}";
        if (ChangesPassphrase) yield return "its passphrase";
        if (NewKeyFile is not null) yield return $"to open with key file {NewKeyFile} too";
        else if (KeyFile is not null) yield return KeyFile.Length == 0 ? "to no key file" : $"its key file to {KeyFile}";
        if (Default) yield return "to the default";
        if (NewName is null && KeyFile is null && NewKeyFile is null && !ChangesPassphrase && !Default) yield return "nothing";
    }
}
