using System.Management.Automation;
using SyncModule.Commands.Peers;
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
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [PeerName]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[]? Peer { get; set; }

    [Parameter]
    [ValidateRange(1, 7 * 24 * 3600)]
    public int TimeoutSec { get; set; } = 60;

    protected override void Process()
    {
        var open = Open();
        // Members without an address count: they may follow this machine.
        IReadOnlyList<string> known = [.. PeerObjects.All(open, includeSelf: false).Select(p => p.Name)];
        var peers = Peer is null ? known : SyncPeers.Matching(known, Peer);
        if (peers.Count == 0) throw SyncErrors.PeerUnknown.With(Peer is null ? "The vault has no peer yet" : $"There is no peer '{string.Join("', '", Peer)}'");
        long start = open.Vault.Time.GetTimestamp();
        bool all = true;
        foreach (string peer in peers) all &= Try(peer, () => Wait(open, peer, start));
        if (all) WriteObject(true);
    }

    private void Wait(OpenVault open, string peer, long start)
    {
        if (!PeerObjects.All(open, includeSelf: false).Any(p => string.Equals(p.Name, peer, StringComparison.OrdinalIgnoreCase))) throw SyncErrors.PeerUnknown.With($"There is no peer '{peer}'");
        while (SyncPeers.DeviceOf(open.Vault, peer) is not { } device || PeerAcknowledgements.LagOf(open.Vault, device) is not { Outbox: 0 })
        {
            if (open.Vault.Time.GetElapsedTime(start) >= TimeSpan.FromSeconds(TimeoutSec)) throw SyncErrors.WaitTimeout.With($"'{peer}' did not hold everything after {TimeoutSec} s");
            if (WaitHandle.WaitAny([StopToken.WaitHandle, open.Lease.Locked.WaitHandle], Interval) == 1) throw SyncErrors.VaultLocked.With($"Vault {open.Name} was locked meanwhile");
            StopToken.ThrowIfCancellationRequested();
        }
    }
}
