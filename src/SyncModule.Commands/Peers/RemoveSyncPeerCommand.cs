using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Peers;

/// <summary>Remove-SyncPeer: forgets addresses. The machine stays a member of the vault, and the command says so.</summary>
[Cmdlet(VerbsCommon.Remove, "SyncPeer", SupportsShouldProcess = true)]
[OutputType(typeof(SyncPeer))]
public sealed class RemoveSyncPeerCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Gives what was forgotten: Add-SyncPeer takes it from the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        var open = Open();
        var book = new PeerBook(open.Vault);
        foreach (string name in Name) Try(name, () => Remove(open, book, name));
    }

    private void Remove(OpenVault open, PeerBook book, string name)
    {
        var found = NamePattern.Select(book.List(), p => p.Name, name);
        if (found.Count == 0 && !NamePattern.HasWildcards(name)) Report(SyncErrors.PeerUnknown.With($"There is no peer '{name}' with an address"), name);
        foreach (var peer in found)
        {
            if (!ShouldProcess($"peer {peer.Name} of vault {open.Name}", "Forget its addresses; it stays a member of the vault")) continue;
            var before = PassThru ? PeerObjects.All(open, includeSelf: false).First(p => p.Name == peer.Name) : null;
            book.Remove(peer.Name);
            // Who lost a machine must not believe that this locks it out.
            if (peer.Device is { } device && open.Vault.Members.Contains(device)) WriteWarning($"{peer.Name} is still a member of vault {open.Name}: it can read everything and sync with your other machines.");
            if (before is not null) WriteObject(before);
        }
    }
}
