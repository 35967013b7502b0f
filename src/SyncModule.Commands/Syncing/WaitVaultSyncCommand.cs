using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Syncing;

/// <summary>Wait-VaultSync: waits until peers have acknowledged everything that this machine holds; a follow here or elsewhere does the work.</summary>
[Cmdlet(VerbsLifecycle.Wait, "VaultSync")]
[OutputType(typeof(bool))]
public sealed class WaitVaultSyncCommand : VaultCmdlet
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[]? Peer { get; set; }

    [Parameter]
    [ValidateRange(1, 7 * 24 * 3600)]
    public int TimeoutSec { get; set; } = 60;

    protected override void Process()
    {
        var open = Open();
        var time = open.Vault.Time;
        long start = time.GetTimestamp();
        foreach (string peer in SyncPeers.Of(open.Vault, Peer))
        {
            Subject = peer;
            var known = new PeerBook(open.Vault).Find(peer) ?? throw SyncErrors.PeerUnknown.With($"'{peer}' is no known peer");
            while (!HoldsAll(open, known))
            {
                if (time.GetElapsedTime(start) >= TimeSpan.FromSeconds(TimeoutSec)) throw SyncErrors.WaitTimeout.With($"'{peer}' did not hold everything after {TimeoutSec} s");
                if (StopToken.WaitHandle.WaitOne(Interval)) StopToken.ThrowIfCancellationRequested();
                known = new PeerBook(open.Vault).Find(peer) ?? known;
            }
        }

        WriteObject(true);
    }

    private static bool HoldsAll(OpenVault open, Peer peer) =>
        peer.Device is { } device && PeerAcknowledgements.LagOf(open.Vault, device) is { Outbox: 0 };
}
