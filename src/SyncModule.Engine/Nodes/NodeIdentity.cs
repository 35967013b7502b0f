using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>How a vault shows itself in a handshake, and under which keys.</summary>
internal static class NodeIdentity
{
    /// <param name="vault">The vault.</param>
    /// <param name="early">What an initiator puts into msg3 for this responder; null for nothing.</param>
    public static ChannelIdentity Of(Vault vault, Func<DeviceId, EpochId, ReadOnlyMemory<byte>>? early) => new()
    {
        Device = vault.Keys.Device,
        Certificate = _ => vault.Membership.CertificateOf(vault.Device) ?? Unknown(vault),
        Early = early is null ? (_, _) => default : (remote, keys) => early(remote.Device, keys.EpochId!.Value),
        Random = vault.Random,
        Clock = vault.Time,
    };

    /// <summary>The keys under which a member may come.</summary>
    public static IReadOnlyList<HandshakeKeys> Candidates(Vault vault) => [.. vault.Keys.Epochs.Values.Select(e => HandshakeKeys.ForEpoch(e.Network))];

    /// <summary>The keys under which this device connects.</summary>
    /// <remarks>
    /// A folder whose genesis commit has rotted knows no members and no epoch; it has its keys all the same. It connects under those of the
    /// first epoch and, as a stranger to itself, gets the membership in phase M from any member; nothing else is said before that.
    /// </remarks>
    /// <exception cref="SyncException">NotCurrent.</exception>
    public static HandshakeKeys Current(Vault vault) =>
        HandshakeKeys.ForEpoch((IsWithoutGenesis(vault) ? vault.Keys.FirstEpoch : vault.Keys.Epochs[vault.Membership.CurrentEpoch ?? throw SyncErrors.NotCurrent.With("The vault has no current epoch")]).Network);

    private static bool IsWithoutGenesis(Vault vault) => vault.Membership.Founder is null;

    // It only binds this device's two keys; role and membership are what the peer's own fold says.
    private static DeviceCertificate Unknown(Vault vault) =>
        IsWithoutGenesis(vault) ? vault.Keys.Device.Certify(vault.Id, DeviceRole.Full) : throw SyncErrors.NotAMember.With("This device is not a member of the vault");
}
