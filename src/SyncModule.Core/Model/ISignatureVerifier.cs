namespace SyncModule.Core.Model;

/// <summary>The one Ed25519 rule (format-1 §0): libsodium's detached verification, on every platform.</summary>
public interface ISignatureVerifier
{
    /// <summary>True iff <paramref name="signature"/> (64 bytes) over <paramref name="message"/> is by the device.</summary>
    bool Verify(DeviceId device, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
