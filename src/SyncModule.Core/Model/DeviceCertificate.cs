using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// Binds a device's two public keys to each other and to one vault (format-1 §2):
/// [1, vaultId, ed, x, role, sig over L("device") ‖ CBOR array of the first five]. It says nothing about membership: the fold does.
/// </summary>
public sealed class DeviceCertificate
{
    /// <summary>Length of a signature in bytes.</summary>
    public const int SignatureSize = 64;

    /// <summary>Every certificate has this length in bytes.</summary>
    public const int EncodedSize = 2 + (3 * (2 + Id32.Size)) + 1 + (2 + SignatureSize);

    private const ulong Format = 1;
    private readonly byte[] _signature;

    public DeviceCertificate(VaultId vaultId, DeviceId device, Id32 exchangeKey, DeviceRole role, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize) throw new ArgumentException("A signature has 64 bytes.", nameof(signature));
        VaultId = vaultId;
        Device = device;
        ExchangeKey = exchangeKey;
        Role = role;
        _signature = signature.ToArray();
    }

    public VaultId VaultId { get; }

    /// <summary>Ed25519 public key: the device's id.</summary>
    public DeviceId Device { get; }

    /// <summary>X25519 public key: the Noise static key and the recipient key of epoch secrets.</summary>
    public Id32 ExchangeKey { get; }

    public DeviceRole Role { get; }

    public ReadOnlySpan<byte> Signature => _signature;

    /// <summary>The bytes that a certificate's signature covers.</summary>
    public static byte[] SignedMessage(VaultId vaultId, DeviceId device, Id32 exchangeKey, DeviceRole role)
    {
        var writer = new CborWriter();
        writer.WriteRaw(Labels.Device);
        writer.WriteArray(5);
        WriteFields(writer, vaultId, device, exchangeKey, role);
        return writer.ToArray();
    }

    /// <summary>True iff the device's own key signed these fields. Whether <see cref="VaultId"/> is the right one is the caller's question.</summary>
    public bool HasValidSignature(ISignatureVerifier verifier) => verifier.Verify(Device, SignedMessage(VaultId, Device, ExchangeKey, Role), _signature);

    public void Write(CborWriter writer)
    {
        writer.WriteArray(6);
        WriteFields(writer, VaultId, Device, ExchangeKey, Role);
        writer.WriteBytes(_signature);
    }

    public byte[] Encode()
    {
        var writer = new CborWriter(EncodedSize);
        Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="VaultFormatException">Another shape, format or role.</exception>
    public static DeviceCertificate Read(ref CborReader reader)
    {
        reader.ReadArrayOf(6);
        if (reader.ReadUInt() != Format) throw new VaultFormatException("A certificate has an unknown format.");
        var vaultId = reader.ReadId32();
        var device = reader.ReadId32();
        var exchangeKey = reader.ReadId32();
        var role = (DeviceRole)reader.ReadUInt((ulong)DeviceRole.Administrator);
        return new DeviceCertificate(vaultId, device, exchangeKey, role, reader.ReadBytesOf(SignatureSize));
    }

    /// <exception cref="VaultFormatException">Another shape, or bytes behind it.</exception>
    public static DeviceCertificate Decode(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        var certificate = Read(ref reader);
        reader.Finish();
        return certificate;
    }

    private static void WriteFields(CborWriter writer, VaultId vaultId, DeviceId device, Id32 exchangeKey, DeviceRole role)
    {
        writer.WriteUInt(Format);
        writer.WriteId(vaultId);
        writer.WriteId(device);
        writer.WriteId(exchangeKey);
        writer.WriteUInt((ulong)role);
    }
}
