using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Peers;

/// <summary>Get-SyncStatus: how each peer of each vault is, as far as this machine knows. Works on locked vaults, asks nobody, never touches the network.</summary>
[Cmdlet(VerbsCommon.Get, "SyncStatus")]
[OutputType(typeof(SyncStatus))]
public sealed class GetSyncStatusCommand : SyncCmdlet
{
    /// <summary>All vaults of this user when not given.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "VaultName")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Vault { get; set; }

    protected override void Process()
    {
        var list = KnownVaults.OfUser;
        var vaults = Vault is null ? list.List() : [Vault.Resolve(list, p => SessionPath.Of(this, p))];
        if (vaults.Count == 0) throw SyncErrors.VaultNotSpecified.With("This user has no vault yet");
        foreach (var known in vaults) WriteObject(StatusOf(known), enumerateCollection: true);
    }

    private static IReadOnlyList<SyncStatus> StatusOf(KnownVault known)
    {
        using var lease = OpenVaults.OfProcess.Peek(known.Path);
        if (lease is null) return [new() { Vault = known.Name, State = SyncPeerState.Unknown }];
        var peers = PeerObjects.All(new(known, lease), includeSelf: false);
        var status = lease.Vault.Status();
        long items = status.Items;
        string token = VectorToken.Format(lease.Vault.Id, status.Applied);
        int waiting = lease.Vault.Conflicts();
        string[] stale = [.. lease.Vault.DerivedStates().Where(s => s.IsStale).Select(s => s.Collection)];
        if (peers.Count == 0) return [new() { Vault = known.Name, State = SyncPeerState.NoPeers, Items = items, Waiting = waiting, Stale = stale, Unlocked = true, Token = token }];
        return [.. peers.Select(p => new SyncStatus
        {
            Vault = known.Name,
            Peer = p.Name,
            State = p.LastSync is null ? SyncPeerState.NeverSynced : p is { Behind: 0, Ahead: 0 } ? SyncPeerState.InSync : SyncPeerState.Behind,
            LastSync = p.LastSync,
            Behind = p.Behind,
            Ahead = p.Ahead,
            Waiting = waiting,
            Stale = stale,
            Address = p.Address,
            Items = items,
            Unlocked = true,
            Token = token,
        })];
    }
}
