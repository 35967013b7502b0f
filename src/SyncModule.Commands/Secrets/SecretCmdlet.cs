using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Secrets;

/// <summary>
/// The base of the commands that SecretManagement calls, in a runspace of its own. The registered parameters are Vault (a name or a
/// folder; without it the vault of the registered name, else the default), KeyFile and Collection.
/// </summary>
public abstract class SecretCmdlet : SyncCmdlet
{
    private OpenVault? _open;

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string VaultName { get; set; } = "";

    /// <summary>What was given to Register-SecretVault -VaultParameters, and Verbose.</summary>
    [Parameter]
    public Hashtable AdditionalParameters { get; set; } = [];

    internal string Collection => Text("Collection") ?? ItemCmdlet.DefaultCollection;

    private protected OpenVault Open()
    {
        if (_open is not null) return _open;
        var known = Locate();
        Subject = known.Name;
        return _open = new OpenVault(known, Unlocking.Open(this, known, Text("KeyFile") is { } file ? SessionPath.Of(this, file) : null, passphrase: null));
    }

    internal KnownVault Locate()
    {
        var list = KnownVaults.OfUser;
        if (Text("Vault") is { } named) return new VaultIdentity(named).Resolve(list, p => SessionPath.Of(this, p));
        return list.Find(VaultName) ?? VaultChoice.Find(this, named: null);
    }

    private protected ItemSelection Selection(OpenVault open) => new(open.Vault, Collection, deleted: false);

    private string? Text(string name) => AdditionalParameters[name] switch { null => null, PSObject { BaseObject: string s } => s, object o => LanguagePrimitives.ConvertTo<string>(o) };

    protected override void Dispose(bool disposing)
    {
        if (disposing) _open?.Lease.Dispose();
        base.Dispose(disposing);
    }
}
