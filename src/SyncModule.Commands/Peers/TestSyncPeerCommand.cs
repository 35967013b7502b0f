using System.Management.Automation;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Peers;

/// <summary>Test-SyncPeer: connects, shakes hands and ends; nothing is synced.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SyncPeer")]
[OutputType(typeof(SyncPeerReport), typeof(bool))]
public sealed class TestSyncPeerCommand : VaultCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Peer")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[]? Name { get; set; }

    [Parameter]
    [ValidateRange(1, 3600)]
    public int TimeoutSec { get; set; } = 15;

    /// <summary>Only true or false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        var open = Open();
        using var node = new SyncNode(open.Vault, new NodeOptions { Folder = open.Known.Path });
        foreach (string name in SyncPeers.Of(open.Vault, Name))
        {
            Try(name, () =>
            {
                var answer = Ask(node, name);
                if (Quiet) WriteObject(answer.Error is null);
                else WriteObject(ReportOf(open, name, answer));
            });
        }
    }

    private PeerAnswer Ask(SyncNode node, string name)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        limit.CancelAfter(TimeSpan.FromSeconds(TimeoutSec));
        var asking = node.TestAsync(name, limit.Token);
        asking.Wait(CancellationToken.None);
        StopToken.ThrowIfCancellationRequested();
        return asking.Result;
    }

    private static SyncPeerReport ReportOf(OpenVault open, string name, PeerAnswer answer) => new()
    {
        Peer = name,
        Reachable = answer.Error is null,
        Address = answer.Address,
        DeviceId = answer.Device?.ToString(),
        Milliseconds = answer.Error is null ? Math.Round(answer.Time.TotalMilliseconds, 1) : null,
        ErrorId = answer.Error?.ErrorId,
        Message = answer.Error?.Detail,
        Vault = open.Name,
    };
}
