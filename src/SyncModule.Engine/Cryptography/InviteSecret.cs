using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// IS = HKDF-Extract(salt L("invite"), secret) and what comes from it (format-1 §1, §14). The secret is the 16 bytes of a link
/// invite, or the key that a short code's PAKE gave; a code itself never gets here.
/// </summary>
public sealed class InviteSecret : IDisposable
{
    /// <summary>Bytes of secret in a link invite.</summary>
    public const int LinkSecretSize = 16;

    private readonly SecretKey _secret;

    public InviteSecret(ReadOnlySpan<byte> secret, VaultId vaultId)
    {
        if (secret.Length < LinkSecretSize) throw new ArgumentException("An invite's secret has at least 16 bytes.", nameof(secret));
        VaultId = vaultId;
        _secret = SecretKey.Extract(secret, Labels.Invite);
        NoisePsk = Derive(Labels.InvitePsk);
        NoiseMac1 = Derive(Labels.InviteMac1);
    }

    /// <summary>The vault that the invite pins, and the context of the derived keys.</summary>
    public VaultId VaultId { get; }

    /// <summary>psk3 of the joining handshake.</summary>
    public SecretKey NoisePsk { get; }

    /// <summary>Key of MAC1 of the joining handshake.</summary>
    public SecretKey NoiseMac1 { get; }

    /// <summary>X(IS, label, vaultId), for the hub's mailbox and blob.</summary>
    public SecretKey Derive(ReadOnlySpan<byte> label) => KeySchedule.Derive(_secret, label, VaultId);

    public void Dispose()
    {
        _secret.Dispose();
        NoisePsk.Dispose();
        NoiseMac1.Dispose();
    }
}
