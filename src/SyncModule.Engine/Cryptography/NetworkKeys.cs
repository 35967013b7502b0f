using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Keys from the network secret NS of one epoch (format-1 §1): all that a keyless replica has. With them a device can shake hands,
/// announce itself and use a hub; it cannot open a data block or an object.
/// </summary>
public sealed class NetworkKeys : IDisposable
{
    /// <summary>Takes a copy of the 32 bytes of NS. A keyless replica learns the epoch's id from the rotation that wraps NS.</summary>
    public NetworkKeys(SecretKey networkSecret, VaultId vaultId, EpochId epochId)
    {
        Secret = networkSecret.Clone();
        VaultId = vaultId;
        EpochId = epochId;
        NoisePsk = KeySchedule.Derive(Secret, Labels.NoisePsk, vaultId);
        NoiseMac1 = KeySchedule.Derive(Secret, Labels.NoiseMac1, vaultId);
    }

    public VaultId VaultId { get; }

    public EpochId EpochId { get; }

    /// <summary>NS itself; mdns and hub keys are derived from it where they are used.</summary>
    public SecretKey Secret { get; }

    /// <summary>psk3 of the handshake.</summary>
    public SecretKey NoisePsk { get; }

    /// <summary>Key of MAC1, which a stranger cannot make.</summary>
    public SecretKey NoiseMac1 { get; }

    /// <summary>X(NS, label, vaultId) for the labels that are used rarely (mdns, hub/…).</summary>
    public SecretKey Derive(ReadOnlySpan<byte> label) => KeySchedule.Derive(Secret, label, VaultId);

    /// <summary>Keys of the membership lane. Only those of the genesis epoch's NS are ever used (format-1 §1).</summary>
    public SivKeys DeriveMemberKeys() => new(Derive(Labels.MemberSiv), Derive(Labels.MemberKey));

    /// <summary>H(L("net") ‖ NS), by which a keyless recipient checks what a rotation wrapped for it (format-1 §10).</summary>
    public SyncModule.Core.Model.Id32 SecretHash() => Digest.HashOf(Labels.NetworkSecretHash, Secret.Span);

    public void Dispose()
    {
        Secret.Dispose();
        NoisePsk.Dispose();
        NoiseMac1.Dispose();
    }
}
