using System.Management.Automation;
using SyncModule.Commands.Transactions;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Vaults;

/// <summary>A cmdlet on a vault: finds out which one is meant, opens it when it is locked, and gives it back at the end.</summary>
public abstract class VaultCmdlet : SyncCmdlet
{
    private readonly Dictionary<string, OpenVault> _open = new(StringComparer.Ordinal);
    private OpenVault? _used;
    private string? _usedName;

    /// <summary>
    /// <para type="description">The vault: a name, a folder, or an object of Get-SyncVault. Without it SYNCMODULE_VAULT, the location in a SyncVault: drive, or the default vault.</para>
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("VaultName")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public virtual VaultIdentity? Vault { get; set; }

    /// <summary>
    /// <para type="description">A key file that opens the vault.</para>
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    /// <summary>
    /// <para type="description">A credential whose password is the vault's passphrase; its user name does not matter.</para>
    /// </summary>
    [Parameter]
    [Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>What it does within Invoke-SyncTransaction. A new cmdlet is refused there until it says otherwise.</summary>
    private protected virtual TransactionUse InTransaction => TransactionUse.Refused;

    /// <summary>The vault of this record, open. Kept until the command ends.</summary>
    private protected OpenVault Open()
    {
        // A pipeline of many objects asks for the same vault again and again; looking it up reads a file.
        if (_used is not null && _usedName == Vault?.ToString()) return _used;
        _used = null;
        var open = Open(Locate(), KeyFile is null ? null : ToPath(KeyFile), Credential?.Password);
        _usedName = Vault?.ToString();
        return _used = open;
    }

    /// <summary>Another vault of the command, open. -KeyFile and -Credential are not for it.</summary>
    private protected OpenVault Open(VaultIdentity other) => Open(VaultChoice.Find(this, other), null, null);

    /// <summary>What a vault that is not open yet is opened through.</summary>
    private protected virtual IVaultStores StoresOf(FolderStores folder) => folder;

    /// <summary>Which vault is meant, without opening it (face of the module, §1.1).</summary>
    internal KnownVault Locate() => VaultChoice.Find(this, Vault);

    private OpenVault Open(KnownVault known, string? keyFile, System.Security.SecureString? passphrase)
    {
        string folder = VaultFolder.Canonical(known.Path);
        if (_open.TryGetValue(folder, out var open)) return open;
        Subject ??= known.Name;
        if (InTransaction == TransactionUse.Refused) OpenTransactions.Refuse(known, MyInvocation.MyCommand.Name);
        var lease = Unlocking.Open(this, known, keyFile, passphrase, storesOf: StoresOf);
        WriteVerbose($"Vault {known.Name} in {folder}");
        return _open[folder] = new OpenVault(known, lease) { Transaction = InTransaction == TransactionUse.TakesPart ? OpenTransactions.Find(folder) : null };
    }

    /// <summary>A path of this session as a full one of the file system.</summary>
    internal string ToPath(string path) => SessionPath.Of(this, path);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var open in _open.Values) open.Lease.Dispose();
            _open.Clear();
        }

        base.Dispose(disposing);
    }
}

/// <summary>An open vault and what it is called.</summary>
internal sealed record OpenVault(KnownVault Known, VaultLease Lease)
{
    public string Name => Known.Name;

    public Vault Vault => Lease.Vault;

    /// <summary>The transaction that the command takes part in; null where there is none.</summary>
    public VaultTransaction? Transaction { get; init; }

    /// <summary>The vault at a time that was asked for; null = now.</summary>
    public IItemView? Past { get; init; }

    /// <summary>What the command sees.</summary>
    public IItemView View => Past ?? Transaction ?? (IItemView)Vault;
}
