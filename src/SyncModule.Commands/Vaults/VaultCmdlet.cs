using System.Management.Automation;
using SyncModule.Engine.Profiles;

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
    public VaultIdentity? Vault { get; set; }

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

    /// <summary>The vault of this record, open. Kept until the command ends.</summary>
    private protected OpenVault Open()
    {
        // A pipeline of many objects asks for the same vault again and again; looking it up reads a file.
        if (_used is not null && _usedName == Vault?.ToString()) return _used;
        var known = Locate();
        string folder = VaultFolder.Canonical(known.Path);
        _usedName = Vault?.ToString();
        if (_open.TryGetValue(folder, out var open)) return _used = open;
        Subject ??= known.Name;
        _used = null;
        var lease = Unlocking.Open(this, known, KeyFile is null ? null : ToPath(KeyFile), Credential?.Password);
        WriteVerbose($"Vault {known.Name} in {folder}");
        return _used = _open[folder] = new OpenVault(known, lease);
    }

    /// <summary>Which vault is meant, without opening it (face of the module, §1.1).</summary>
    internal KnownVault Locate() => VaultChoice.Find(this, Vault);

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

    public Engine.Vaults.Vault Vault => Lease.Vault;
}
