using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>A device's two key pairs: Ed25519 to sign, X25519 to agree (format-1 §2). One of each per vault folder.</summary>
public sealed class DeviceKeys : IDisposable
{
    private readonly byte[] _signingKey = GC.AllocateUninitializedArray<byte>(Sodium.SigningKeySize, pinned: true);
    private bool _disposed;

    /// <summary>Rebuilds the pairs from their secrets, which are copied.</summary>
    public DeviceKeys(SecretKey signingSeed, SecretKey exchangeSecret)
    {
        SigningSeed = signingSeed.Clone();
        ExchangeSecret = exchangeSecret.Clone();
        Span<byte> publicKey = stackalloc byte[Sodium.KeySize];
        Sodium.SignKeyPair(SigningSeed.Span, publicKey, _signingKey);
        Device = new DeviceId(publicKey);
        Sodium.X25519PublicKey(ExchangeSecret.Span, publicKey);
        ExchangeKey = new Id32(publicKey);
    }

    /// <summary>Ed25519 public key: the device's id.</summary>
    public DeviceId Device { get; }

    /// <summary>X25519 public key.</summary>
    public Id32 ExchangeKey { get; }

    /// <summary>32 bytes, for the ring only.</summary>
    internal SecretKey SigningSeed { get; }

    /// <summary>32 bytes, for the ring, the handshake and unwrapping.</summary>
    internal SecretKey ExchangeSecret { get; }

    /// <summary>Draws two new pairs.</summary>
    public static DeviceKeys Create(IRandomSource random)
    {
        using var seed = new SecretKey(random);
        using var secret = new SecretKey(random);
        return new DeviceKeys(seed, secret);
    }

    /// <summary>Signs what stands behind the label; the message begins with one of <c>Labels</c>.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var signature = new byte[Sodium.SignatureSize];
        Sodium.Sign(_signingKey, message, signature);
        return signature;
    }

    /// <summary>The certificate that presents this device to one vault.</summary>
    public DeviceCertificate Certify(VaultId vaultId, DeviceRole role) =>
        new(vaultId, Device, ExchangeKey, role, Sign(DeviceCertificate.SignedMessage(vaultId, Device, ExchangeKey, role)));

    /// <summary>
    /// True for X25519 points of low order, which are refused when a device is added: every secret agrees with them on zero.
    /// </summary>
    public static bool IsLowOrder(in Id32 exchangeKey)
    {
        // A clamped scalar is a multiple of the cofactor of curve and twist, so exactly the low-order points give zero, for any scalar.
        Span<byte> scalar = stackalloc byte[Sodium.KeySize], point = stackalloc byte[Sodium.KeySize], shared = stackalloc byte[Sodium.KeySize];
        scalar.Fill(0x55);
        exchangeKey.CopyTo(point);
        return !Sodium.TryX25519(scalar, point, shared);
    }

    public void Dispose()
    {
        _disposed = true;
        SigningSeed.Dispose();
        ExchangeSecret.Dispose();
        CryptographicOperations.ZeroMemory(_signingKey);
    }

    /// <summary>The public name only.</summary>
    public override string ToString() => Device.ToString();
}

/// <summary>The one Ed25519 verifier.</summary>
public sealed class SignatureVerifier : ISignatureVerifier
{
    public static SignatureVerifier Instance { get; } = new();

    public bool Verify(DeviceId key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> publicKey = stackalloc byte[Sodium.KeySize];
        key.CopyTo(publicKey);
        return Sodium.Verify(publicKey, message, signature);
    }
}
