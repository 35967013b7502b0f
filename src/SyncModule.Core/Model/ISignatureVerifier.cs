namespace SyncModule.Core.Model;

/// <summary>Ed25519 as the engine provides it: Core decides what is signed, never how a curve is computed.</summary>
public interface ISignatureVerifier
{
    /// <summary>True iff the 64-byte signature over the message is the device's. A wrong length is false, never an exception.</summary>
    bool Verify(DeviceId key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
