using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Peers;

/// <summary>Add-SyncPeer: says where a machine is reached. Adding it again changes its addresses.</summary>
[Cmdlet(VerbsCommon.Add, "SyncPeer", SupportsShouldProcess = true)]
[OutputType(typeof(SyncPeer))]
public sealed class AddSyncPeerCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>HOST, HOST:PORT or [IPv6]:PORT; 22020 without a port.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Address { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        foreach (string address in Address) PeerAddress.Parse(address);
        var open = Open();
        if (!ShouldProcess($"peer {Name} of vault {open.Name}", $"Set its addresses to {string.Join(", ", Address)}")) return;
        new PeerBook(open.Vault).Add(Name, Address);
        if (PassThru) WriteObject(PeerObjects.All(open, includeSelf: false).First(p => string.Equals(p.Name, Engine.Vaults.VaultCreation.CheckDeviceName(Name), StringComparison.Ordinal)));
    }
}
