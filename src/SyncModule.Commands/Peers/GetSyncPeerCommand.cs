using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Peers;

/// <summary>Get-SyncPeer: the other machines of a vault. Never touches the network.</summary>
[Cmdlet(VerbsCommon.Get, "SyncPeer")]
[OutputType(typeof(SyncPeer))]
public sealed class GetSyncPeerCommand : VaultCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>This machine too.</summary>
    [Parameter]
    public SwitchParameter IncludeSelf { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        var peers = PeerObjects.All(Open(), IncludeSelf);
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                var found = NamePattern.Select(peers, p => p.Name, name);
                if (found.Count == 0 && !NamePattern.HasWildcards(name)) Report(SyncErrors.PeerUnknown.With($"There is no peer '{name}'"), name);
                WriteObject(found, enumerateCollection: true);
            });
        }
    }
}
